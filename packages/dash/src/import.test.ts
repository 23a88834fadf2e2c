import { expect, it } from "vitest";

it("importing Shoal in Node reads and makes no global of a browser", async () => {
  const touched: string[] = [];
  const names = ["window", "document", "RTCPeerConnection", "WebSocket", "addEventListener", "localStorage"];
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  const known = new Set(Object.getOwnPropertyNames(globalThis));
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => {
        touched.push(name);
        return undefined;
      },
    });
  }
  try {
    await import("./index.ts");
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
  expect(touched).toEqual([]);
  expect(Object.getOwnPropertyNames(globalThis).filter((name) => !known.has(name))).toEqual([]);
});

import { expect, it } from "vitest";
import { Counter } from "./counts.ts";

it("keeps viewers, sealer and manifests apart, and each segment and each viewer that gave its name", () => {
  const counter = new Counter();
  const segment = { path: "/live/v360/seg-1.m4s", kind: "media", sealer: false, sizeBytes: 10 } as const;
  counter.request({ ...segment, client: "anna" });
  counter.bytes({ ...segment, client: "anna" }, 6);
  counter.bytes(segment, 4);
  counter.bytes({ ...segment, sealer: true }, 4);
  counter.request({ path: "/live/master.m3u8", kind: "manifest", sealer: true, sizeBytes: 3 });
  const counts = counter.snapshot();
  counter.reset();
  expect(counts).toEqual({
    viewers: { requests: 1, bytes: 10 },
    sealer: { requests: 0, bytes: 4 },
    manifests: { requests: 1, bytes: 0 },
    segments: {
      "/live/v360/seg-1.m4s": { sizeBytes: 10, viewers: { requests: 1, bytes: 10 }, sealer: { requests: 0, bytes: 4 } },
    },
    clients: { anna: { requests: 1, bytes: 6 } },
  });
  expect(counter.snapshot()).toMatchObject({ segments: {}, clients: {} });
});

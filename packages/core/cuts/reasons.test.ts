import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dropReasons } from "./reasons.ts";

const source = (name: string): string =>
  readFileSync(new URL(`../../protocol/src/${name}.ts`, import.meta.url), "utf8");

describe("sentences of refusals", () => {
  it("are left out, codes stay", () => {
    expect(dropReasons('return refuse("bad-seal", "The seal has another version.");')).toBe(
      'return refuse("bad-seal", "");',
    );
    expect(dropReasons('return refuse("too-long", `f(a, [b]) bytes (of c).`);')).toBe('return refuse("too-long", "");');
  });

  it("are found wherever the protocol refuses something", () => {
    for (const name of ["bytes", "frame-codec", "seal", "shape"]) {
      const calls = source(name).match(/\brefuse\(/g) ?? [];
      expect(calls.length).toBeGreaterThan(0);
      expect(dropReasons(source(name)).match(/\brefuse\("[\w-]+", ""\)/g), name).toHaveLength(calls.length);
    }
  });
});

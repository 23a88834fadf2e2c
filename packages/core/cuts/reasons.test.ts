import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dropReasons } from "./reasons.ts";

const protocol = new URL("../../protocol/src/", import.meta.url);
/** What the protocol's sources hold, where they refuse something. */
const refusing = readdirSync(protocol)
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => ({ name, source: readFileSync(new URL(name, protocol), "utf8") }))
  .filter(({ source }) => /\brefuse\(/.test(source));

describe("sentences of refusals", () => {
  it("are left out, codes stay", () => {
    expect(dropReasons('return refuse("bad-seal", "The seal has another version.");')).toBe(
      'return refuse("bad-seal", "");',
    );
    expect(dropReasons('return refuse("too-long", `f(a, [b]) bytes (of c).`);')).toBe('return refuse("too-long", "");');
  });

  it("are found wherever the protocol refuses something", () => {
    expect(refusing.length).toBeGreaterThanOrEqual(4);
    for (const { name, source } of refusing) {
      const calls = source.match(/\brefuse\(/g) ?? [];
      expect(dropReasons(source).match(/\brefuse\("[\w-]+", ""\)/g), name).toHaveLength(calls.length);
    }
  });
});

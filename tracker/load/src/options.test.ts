import { expect, it } from "vitest";
import { LoadOptionsError, readLoadOptions } from "./options.ts";

it("reads times, numbers and profiles", () => {
  const options = readLoadOptions(["--viewers", "20000", "--ramp", "20s", "--profile", "event", "--hold", "1.5m"]);
  expect(options).toMatchObject({ viewers: 20_000, rampMs: 20_000, holdMs: 90_000, profile: "event", url: null });
});

it("sends no load to other machines unless told so", () => {
  expect(() => readLoadOptions(["--url", "https://tracker.example"])).toThrow(/--anywhere/);
  expect(readLoadOptions(["--url", "https://tracker.example", "--anywhere"]).url).toBe("https://tracker.example");
  expect(readLoadOptions(["--url", "http://127.0.0.1:8000/"]).url).toBe("http://127.0.0.1:8000");
});

it("names what is wrong", () => {
  for (const args of [["--viewers", "x"], ["--ramp", "20"], ["--profile", "none"], ["--url", "x"], ["--what"]]) {
    expect(() => readLoadOptions(args)).toThrow(LoadOptionsError);
  }
});

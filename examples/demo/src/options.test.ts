import { describe, expect, it } from "vitest";
import { PAGE_PORT, parseOptions, UsageError } from "./options.ts";

describe("npm start", () => {
  it("opens the page where nothing else is said", () => {
    expect(parseOptions([])).toEqual({ mode: "page", port: PAGE_PORT });
    expect(parseOptions(["--port", "9000"])).toEqual({ mode: "page", port: 9000 });
  });

  it("runs six viewers for a minute without a window, and as told", () => {
    const headless = {
      mode: "headless",
      port: 0,
      viewers: 6,
      seconds: 60,
      stream: "live",
      players: ["hls"],
      jsonFile: null,
      startUps: 6,
    };
    expect(parseOptions(["--headless"])).toEqual(headless);
    const args = ["--headless", "--viewers", "12", "--seconds=30", "--vod", "--json", "out.json", "--start-ups", "0"];
    expect(parseOptions(["--headless", "--players", "hls,dash"])).toEqual({ ...headless, players: ["hls", "dash"] });
    const other = { viewers: 12, seconds: 30, stream: "vod", jsonFile: "out.json", startUps: 0 };
    expect(parseOptions(args)).toEqual({ ...headless, ...other });
  });

  it("gives help before it minds anything else", () => {
    expect(parseOptions(["--viewers", "x", "--help"])).toEqual({ mode: "help" });
  });

  it.each([
    [["--viewrs", "6"], /--viewrs/],
    [["six"], /six/],
    [["--headless", "--viewers", "1"], /--viewers must be a whole number from 2 to 24, not "1"/],
    [["--headless", "--seconds", "1e3"], /--seconds must be/],
    [["--headless", "--seconds"], /--seconds/],
    [["--headless", "--json="], /--json must name a file/],
    [["--headless", "--players", "flash"], /--players must be hls, dash or both/],
    [["--vod"], /--vod goes with --headless/],
  ])("says what is wrong with %j", (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(sentence);
  });
});

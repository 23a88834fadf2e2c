import { expect, it } from "vitest";
import { DEFAULTS, parseOptions, USAGE, UsageError } from "./options.ts";

it("does the whole comparison when nothing is asked for", () => {
  expect(parseOptions([])).toEqual(DEFAULTS);
});

it("takes every option", () => {
  const given = "--scenario outage-half --players shoal,plain --viewers 6 --seconds 90 --join-gap-ms 500 --repeats 2";
  const more = "--pairs 5 --failure hang --recover --seed 4 --json a.json --report b.html";
  expect(parseOptions(`${given} ${more}`.split(" "))).toEqual({
    scenario: "outage-half",
    players: ["plain", "shoal"],
    viewers: 6,
    seconds: 90,
    joinGapMs: 500,
    repeats: 2,
    pairs: 5,
    failure: "hang",
    recover: true,
    seed: 4,
    json: "a.json",
    report: "b.html",
  });
});

it.each([
  [["--viewers", "many"], /--viewers must be a whole number of at least 1, not "many"/],
  [["--viewers", "0"], /--viewers/],
  [["--repeats", "1.5"], /--repeats/],
  [["--seconds", ""], /--seconds/],
  [["--players", "plain,vlc"], /--players knows plain.*not "vlc"/],
  [["--scenario", "rain"], /--scenario knows live/],
  [["--failure", "404"], /--failure knows 503, hang/],
  [["--speed", "2"], /--speed/],
])("names what is wrong with %j", (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow(message);
});

it("refuses a run that would end before what it is to show", () => {
  expect(() => parseOptions(["--scenario", "brown-out", "--seconds", "60"])).toThrow(/--seconds .* at least 90/);
});

it("explains every option", () => {
  expect(parseOptions(["--help", "--seed", "1"])).toBe("help");
  const names = ["scenario", "players", "viewers", "seconds", "join-gap-ms", "repeats", "pairs", "failure", "recover"];
  for (const name of [...names, "seed", "json", "report"]) expect(USAGE).toContain(`--${name} `);
});

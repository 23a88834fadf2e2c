import { expect, it } from "vitest";
import { measure } from "./measures.ts";
import { runOf } from "./run-record.fixture.ts";
import { caveats, figure, spreadText, startUpRows, tableRows, tableText } from "./table.ts";

it("writes three or four digits that say something", () => {
  expect([0, 0.123, 1.5, 12.34, 1476.2, -0.001, 3].map(figure)).toEqual([
    "0",
    "0.12",
    "1.50",
    "12.3",
    "1476",
    "0.00",
    "3",
  ]);
});

it("writes a dash where there is no figure, and a range where there are several", () => {
  expect(spreadText(null)).toBe("–");
  expect(spreadText({ median: 2, least: 2, most: 2, values: [2] })).toBe("2");
  expect(spreadText({ median: 2, least: 1.5, most: 4, values: [1.5, 2, 4] })).toBe("2 (1.50–4)");
});

it("has a column for each player, and no row that nobody has a figure for", () => {
  const rows = tableRows([
    { player: "plain", runs: [{ ...measure(runOf()), busiest: null }] },
    { player: "shoal", runs: [measure(runOf()), measure(runOf())] },
  ]);
  expect(rows[0]).toEqual(["", "hls.js", "Shoal"]);
  expect(rows.find(([title]) => title === "busiest uploader / mean")).toEqual([
    "busiest uploader / mean",
    "–",
    "1 (1–1)",
  ]);
  expect(rows.some(([title = ""]) => title.startsWith("  while the CDN fails"))).toBe(false);
});

it("warns of figures that a busy machine made", () => {
  expect(caveats([{ player: "shoal", runs: [measure(runOf())] }])).toEqual([]);
  const starved = measure(runOf({ idleShare: 0.02 }));
  expect(caveats([{ player: "shoal", runs: [measure(runOf()), starved] }])).toEqual([
    expect.stringContaining("hardly a core free (Shoal)"),
  ]);
});

it("sets start-ups side by side", () => {
  const bounded = { median: 1.02, upper95: 1.07 };
  const measures = { pairs: 40, failed: 1, plainMs: 500, playerMs: 510.4, ratio: bounded, requestLaterMs: null };
  const rows = startUpRows([["shoal", measures]]);
  expect(rows).toContainEqual(["pairs of page loads (failed)", "40 (1)"]);
  expect(rows).toContainEqual(["  upper 95 % bound", "1.070"]);
  expect(rows).toContainEqual(["first segment asked for later by, median, ms", "–"]);
});

it("aligns its columns", () => {
  expect(
    tableText([
      ["", "a", "long"],
      ["row", "1", "2"],
    ]),
  ).toBe("     a  long\nrow  1     2");
});

import { spread } from "../browsers/statistics.ts";
import type { AudienceMeasures } from "./audience.ts";
import type { ContactCosts } from "./contact-costs.ts";
import type { FlashMeasures } from "./flash-crowd.ts";
import type { PickCost } from "./matching-picks.ts";

/** All that a run measured. */
export interface TrackerMeasures {
  readonly ours: readonly ContactCosts[];
  readonly oursFull: readonly ContactCosts[];
  readonly theirs: readonly ContactCosts[];
  readonly memoryBytes: number | null;
  readonly picks: readonly PickCost[] | null;
  readonly audience: AudienceMeasures | null;
  readonly flash: FlashMeasures | null;
}

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly measured: string;
  readonly must: string;
  readonly holds: boolean;
}

/** What was measured beside what must be. Ratios are medians of rounds that took turns, with the least and the most. */
export function rowsOf(measures: TrackerMeasures): readonly Row[] {
  const rows: Row[] = [];
  const ratio = (name: string, part: (costs: ContactCosts) => number, most: number, must: string): void => {
    const found = spread(
      measures.ours.map(
        (own, at) => part(own) / part(measures.theirs[at] ?? { first: Number.NaN, steady: Number.NaN }),
      ),
    );
    const own = spread(measures.ours.map(part));
    const other = spread(measures.theirs.map(part));
    if (!found || !own || !other) return;
    const between = `${found.least.toFixed(3)}–${found.most.toFixed(3)}`;
    const micros = `${own.median.toFixed(0)} against ${other.median.toFixed(0)} µs`;
    rows.push({
      name,
      measured: `${found.median.toFixed(3)} (${between}; ${micros})`,
      must,
      holds: found.median <= most,
    });
  };
  ratio("steady contact, CPU against bittorrent-tracker", ({ steady }) => steady, 1 / 12, "≤ 1/12 (0.083)");
  ratio("join and 5 pairs, CPU against bittorrent-tracker", ({ first }) => first, 0.8, "≤ 0.8");
  const full = spread(measures.oursFull.map(({ first }, at) => first / (measures.theirs[at]?.first ?? Number.NaN)));
  if (full) rows.push({ name: "the same with full SDP", measured: full.median.toFixed(3), must: "–", holds: true });
  const { memoryBytes, picks, audience, flash } = measures;
  if (memoryBytes !== null) {
    rows.push({
      name: "memory of a joined viewer (RSS)",
      measured: kB(memoryBytes),
      must: "≤ 20 kB",
      holds: memoryBytes <= 20_000,
    });
  }
  if (picks) {
    const [tenThousand = Number.NaN, million = Number.NaN] = picks.map(({ pickUs }) => pickUs);
    const share = Math.min(...picks.map(({ sameIspShare }) => sameIspShare));
    rows.push({
      name: "pick of 16, 10,000 → 1,000,000 viewers",
      measured: `${tenThousand.toFixed(1)} → ${million.toFixed(1)} µs (${(million / tenThousand).toFixed(1)}x)`,
      must: "≤ 3x, ≤ 20 µs",
      holds: million <= 20 && million <= 3 * tenThousand,
    });
    rows.push({
      name: "candidates of the same ISP, large ISPs, slots to spare",
      measured: `${(100 * share).toFixed(0)} %`,
      must: "≥ 80 %",
      holds: share >= 0.8,
    });
  }
  if (audience) {
    rows.push(
      {
        name: "bytes of a viewer-hour, 2,000 viewers",
        measured: `${kB(audience.bytesPerViewerHour)} (${audience.joins} joins, ${audience.pairs} pairs)`,
        must: "≤ 40 kB",
        holds: audience.bytesPerViewerHour <= 40_000,
      },
      {
        name: "candidates of the same ISP, audience of 8 ISPs",
        measured: `${(100 * audience.sameIspShare).toFixed(0)} %`,
        must: "≥ 80 %",
        holds: audience.sameIspShare >= 0.8,
      },
    );
  }
  if (flash) rows.push(...flashRows(flash));
  return rows;
}

function flashRows(flash: FlashMeasures): readonly Row[] {
  const { offered, joinsPerSecond, slowestSecond, joinP99Ms, refused, lost, residentMb, died } = flash;
  return [
    {
      name: "flash crowd: attempts for each join",
      measured: `${offered.toFixed(1)} (${refused} refused)`,
      must: "≥ 3",
      holds: offered >= 3,
    },
    {
      name: "  joins a second, and in the slowest second",
      measured: `${joinsPerSecond.toFixed(0)}, ${(100 * slowestSecond).toFixed(0)} %`,
      must: "≥ 50 %",
      holds: slowestSecond >= 0.5,
    },
    {
      name: "  join p99 of who was taken in",
      measured: `${joinP99Ms.toFixed(0)} ms`,
      must: "≤ 1,000 ms",
      holds: joinP99Ms <= 1_000,
    },
    {
      name: "  crashed, lost, memory",
      measured: `${died ? "yes" : "no"}, ${lost}, ${residentMb.toFixed(0)} MB`,
      must: "no, 0, ≤ 500 MB",
      holds: !died && lost === 0 && residentMb <= 500,
    },
  ];
}

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;

/** For people. */
export function describeRows(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const middle = Math.max(...rows.map(({ measured }) => measured.length));
  return rows
    .map(
      ({ name, measured, must, holds }) =>
        `${holds ? "✓" : "✗"} ${name.padEnd(width)}  ${measured.padEnd(middle)}  ${must}`,
    )
    .join("\n");
}

import { spread } from "../browsers/statistics.ts";
import type { AudienceMeasures } from "./audience.ts";
import type { ContactCosts } from "./contact-costs.ts";
import type { FlashMeasures } from "./flash-crowd.ts";
import type { PickCost } from "./matching-picks.ts";

/** All that a run measured. */
export interface TrackerMeasures {
  readonly ours: readonly ContactCosts[];
  readonly oursFull: readonly ContactCosts[];
  readonly oursSocketIo: readonly ContactCosts[];
  readonly theirs: readonly ContactCosts[];
  readonly memoryBytes: number | null;
  readonly memorySocketIoBytes: number | null;
  readonly picks: readonly PickCost[] | null;
  readonly audience: AudienceMeasures | null;
  /** Bytes of seals in a viewer-hour. */
  readonly sealBytes: number | null;
  readonly flash: FlashMeasures | null;
  readonly flashSocketIo: FlashMeasures | null;
}

const NO_COSTS: ContactCosts = { first: Number.NaN, steady: Number.NaN };

/** One line of the table. */
export interface Row {
  readonly name: string;
  /** With `ws`, on which limits are judged. */
  readonly measured: string;
  /** With socket.io's own server, where that makes a difference. */
  readonly socketIo: string;
  readonly must: string;
  readonly holds: boolean;
}

/** What was measured beside what must be. Ratios are medians of rounds that took turns, with the least and the most. */
export function rowsOf(measures: TrackerMeasures): readonly Row[] {
  const rows: Row[] = [];
  const ratio = (name: string, part: (costs: ContactCosts) => number, most: number, must: string): void => {
    const found = spread(measures.ours.map((own, at) => part(own) / part(measures.theirs[at] ?? NO_COSTS)));
    const own = spread(measures.ours.map(part));
    const other = spread(measures.theirs.map(part));
    if (!found || !own || !other) return;
    const between = `${found.least.toFixed(3)}–${found.most.toFixed(3)}`;
    const micros = `${own.median.toFixed(0)} against ${other.median.toFixed(0)} µs`;
    rows.push({
      name,
      measured: `${found.median.toFixed(3)} (${between}; ${micros})`,
      socketIo:
        spread(
          measures.oursSocketIo.map((one, at) => part(one) / part(measures.theirs[at] ?? NO_COSTS)),
        )?.median.toFixed(3) ?? "",
      must,
      holds: found.median <= most,
    });
  };
  ratio("steady contact, CPU against bittorrent-tracker", ({ steady }) => steady, 1 / 12, "≤ 1/12 (0.083)");
  ratio("join and 5 pairs, CPU against bittorrent-tracker", ({ first }) => first, 0.8, "≤ 0.8");
  const full = spread(measures.oursFull.map(({ first }, at) => first / (measures.theirs[at]?.first ?? Number.NaN)));
  if (full)
    rows.push({
      name: "the same with full SDP",
      measured: full.median.toFixed(3),
      socketIo: "",
      must: "–",
      holds: true,
    });
  const { memoryBytes, picks, audience, sealBytes, flash } = measures;
  if (memoryBytes !== null) {
    rows.push({
      name: "memory of a joined viewer (RSS)",
      measured: kB(memoryBytes),
      socketIo: measures.memorySocketIoBytes === null ? "" : kB(measures.memorySocketIoBytes),
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
      socketIo: "",
      must: "≤ 3x, ≤ 20 µs",
      holds: million <= 20 && million <= 3 * tenThousand,
    });
    rows.push({
      name: "candidates of the same ISP, large ISPs, slots to spare",
      measured: `${(100 * share).toFixed(0)} %`,
      socketIo: "",
      must: "≥ 80 %",
      holds: share >= 0.8,
    });
  }
  if (audience) {
    rows.push(
      {
        name: "bytes of a viewer-hour, 2,000 viewers",
        measured: `${kB(audience.bytesPerViewerHour)} (${audience.joins} joins, ${audience.pairs} pairs)`,
        socketIo: "",
        must: "≤ 40 kB",
        holds: audience.bytesPerViewerHour <= 40_000,
      },
      {
        name: "candidates of the same ISP, audience of 8 ISPs",
        measured: `${(100 * audience.sameIspShare).toFixed(0)} %`,
        socketIo: "",
        must: "≥ 80 %",
        holds: audience.sameIspShare >= 0.8,
      },
    );
  }
  if (sealBytes !== null) {
    rows.push({
      name: "seals of a viewer-hour, 2,000 viewers, 8 ISPs, 3 renditions and sound",
      measured: kB(sealBytes),
      socketIo: "",
      must: "≤ 10 kB",
      holds: sealBytes > 0 && sealBytes <= 10_000,
    });
  }
  if (flash) rows.push(...flashRows(flash, measures.flashSocketIo));
  return rows;
}

function flashRows(flash: FlashMeasures, other: FlashMeasures | null): readonly Row[] {
  const { offered, slowestSecond, joinP99Ms, lost, residentMb, died } = flash;
  const row = (name: string, say: (of: FlashMeasures) => string, must: string, holds: boolean): Row => ({
    ...{ name, measured: say(flash), socketIo: other ? say(other) : "", must, holds },
  });
  return [
    row(
      "flash crowd: attempts for each join",
      (of) => `${of.offered.toFixed(1)} (${of.refused} refused)`,
      "≥ 3",
      offered >= 3,
    ),
    row(
      "  joins a second, and in the slowest second",
      (of) => `${of.joinsPerSecond.toFixed(0)}, ${(100 * of.slowestSecond).toFixed(0)} %`,
      "≥ 50 %",
      slowestSecond >= 0.5,
    ),
    row(
      "  let in a second, and in the slowest second",
      (of) => `${of.letInPerSecond.toFixed(0)}, ${(100 * of.slowestLetIn).toFixed(0)} %`,
      "–",
      true,
    ),
    row("  join p99 of who was taken in", (of) => `${of.joinP99Ms.toFixed(0)} ms`, "≤ 1,000 ms", joinP99Ms <= 1_000),
    row(
      "  crashed, lost, memory",
      (of) => `${of.died ? "yes" : "no"}, ${of.lost}, ${of.residentMb.toFixed(0)} MB`,
      "no, 0, ≤ 500 MB",
      !died && lost === 0 && residentMb <= 500,
    ),
  ];
}

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;

/** For people. */
export function describeRows(rows: readonly Row[]): string {
  const head = { name: "", measured: "ws", socketIo: "socket.io", must: "must (ws)" };
  const width = (of: (row: Pick<Row, keyof typeof head>) => string): number =>
    Math.max(...[head, ...rows].map((row) => of(row).length));
  const widths = [width(({ name }) => name), width(({ measured }) => measured), width(({ socketIo }) => socketIo)];
  const line = (mark: string, { name, measured, socketIo, must }: typeof head): string =>
    `${mark} ${[name, measured, socketIo].map((text, at) => text.padEnd(widths[at] ?? 0)).join("  ")}  ${must}`;
  return [line(" ", head), ...rows.map((row) => line(row.holds ? "✓" : "✗", row))].join("\n");
}

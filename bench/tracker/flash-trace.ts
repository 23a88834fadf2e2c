/** What a tracker under a crowd did in one second. */
export interface FlashSecond {
  readonly atSeconds: number;
  /** Connections let in: how many of them join at once is up to the crowd. */
  readonly letIn: number;
  readonly joins: number;
  /** Upgrades refused, and answers of `GET /v1/assign` with a turn and without one. */
  readonly refused: number;
  readonly turns: number;
  readonly noTurns: number;
  /** Joins a second that the control lets in. */
  readonly rate: number;
  readonly loopDelayMs: number;
  /** Share of the second in which the process had a core. */
  readonly busy: number;
}

interface Totals extends Omit<FlashSecond, "busy"> {
  readonly cpuSeconds: number;
}

/** Follows a tracker's `/metrics`, once a second. */
export class FlashTrace {
  readonly #url: string;
  readonly #beganMs = performance.now();
  #before: Totals | null = null;
  readonly seconds: FlashSecond[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  async look(): Promise<void> {
    const answer = await fetch(`${this.#url}/metrics`).catch(() => null);
    if (!answer?.ok) return;
    const totals = readTotals(await answer.text(), (performance.now() - this.#beganMs) / 1_000);
    const before = this.#before;
    this.#before = totals;
    if (!before) return;
    const span = totals.atSeconds - before.atSeconds;
    const aSecond = (of: (one: Totals) => number): number => Math.round((of(totals) - of(before)) / span);
    this.seconds.push({
      atSeconds: totals.atSeconds,
      letIn: aSecond(({ letIn }) => letIn),
      joins: aSecond(({ joins }) => joins),
      refused: aSecond(({ refused }) => refused),
      turns: aSecond(({ turns }) => turns),
      noTurns: aSecond(({ noTurns }) => noTurns),
      rate: Math.round(totals.rate),
      loopDelayMs: Math.round(totals.loopDelayMs),
      busy: (totals.cpuSeconds - before.cpuSeconds) / span,
    });
  }
}

/** Reads the text of `/metrics`. */
export function readTotals(text: string, atSeconds: number): Totals {
  const rows = text.split("\n");
  const sum = (start: string): number =>
    rows
      .filter((row) => row.startsWith(start) && /[{ ]/.test(row[start.length] ?? row.at(-1) ?? ""))
      .reduce((total, row) => total + Number(row.slice(row.lastIndexOf(" ") + 1)), 0);
  const labelled = (name: string, label: string): number => {
    const row = rows.find((one) => one.startsWith(`shoal_tracker_${name}{${label}} `));
    return Number(row?.slice(row.lastIndexOf(" ") + 1) ?? 0);
  };
  return {
    atSeconds,
    letIn: sum("shoal_tracker_admitted_total"),
    joins: labelled("joins_total", 'result="new"') + labelled("joins_total", 'result="replaced"'),
    refused: sum("shoal_tracker_admission_rejected_total"),
    turns: labelled("assign_total", 'result="assigned"'),
    noTurns: labelled("assign_total", 'result="refused"'),
    rate: sum("shoal_tracker_join_rate_limit"),
    loopDelayMs: 1_000 * sum("shoal_tracker_event_loop_delay_p90_seconds"),
    cpuSeconds: sum("process_cpu_seconds_total"),
  };
}

/** For people. */
export function describeTrace(seconds: readonly FlashSecond[]): string {
  const head = "second  let in  joins  refused  turns  no turn  rate  loop delay  core";
  const rows = seconds.map((one) =>
    [
      one.atSeconds.toFixed(1).padStart(6),
      String(one.letIn).padStart(6),
      String(one.joins).padStart(5),
      String(one.refused).padStart(7),
      String(one.turns).padStart(5),
      String(one.noTurns).padStart(7),
      String(one.rate).padStart(4),
      `${one.loopDelayMs} ms`.padStart(10),
      `${(100 * one.busy).toFixed(0)} %`.padStart(4),
    ].join("  "),
  );
  return [head, ...rows].join("\n");
}

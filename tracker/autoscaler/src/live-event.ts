/** A point of a line: so many per cent of the viewers are there at this moment. */
export interface CurvePoint {
  readonly atMs: number;
  readonly percent: number;
}

/** An event for which trackers must be there before its viewers are. */
export interface LiveEvent {
  readonly name: string;
  /** Kick-off, milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly viewers: number;
  /** Ordered by time; never empty. */
  readonly curve: readonly CurvePoint[];
  /** Parts of the viewers by zone, of a sum of 1; empty: every zone has an equal part. */
  readonly zones: ReadonlyMap<string, number>;
  readonly leadMs: number;
}

export type ReadEvent =
  | { readonly ok: true; readonly event: LiveEvent }
  | { readonly ok: false; readonly reason: string };

/** All come within so long where no curve is given, milliseconds. */
const ALL_WITHIN_MS = 20_000;

/**
 * Reads the `spec` of a LiveEvent, which comes from the API (checked by the schema) or from a ConfigMap (checked by nobody).
 *
 * @param leadMs lead where the event names none
 * @returns the event, or a sentence that names what is wrong
 */
export function readLiveEvent(name: string, spec: unknown, leadMs: number): ReadEvent {
  const wrong = (reason: string): ReadEvent => ({ ok: false, reason });
  if (typeof spec !== "object" || spec === null) return wrong("spec must be an object.");
  const { streams, start, end, expectedViewers, joinCurve, zones = [], leadMinutes } = spec as Record<string, unknown>;
  if (
    !Array.isArray(streams) ||
    streams.length === 0 ||
    !streams.every((one) => typeof one === "string" && one !== "")
  ) {
    return wrong("spec.streams must be a list of content ids.");
  }
  const startMs = typeof start === "string" ? Date.parse(start) : Number.NaN;
  if (Number.isNaN(startMs)) return wrong("spec.start must be a time such as 2030-07-14T18:00:00Z.");
  const endMs = typeof end === "string" ? Date.parse(end) : Number.NaN;
  if (Number.isNaN(endMs) || endMs <= startMs) return wrong("spec.end must be a time after spec.start.");
  if (!isWhole(expectedViewers, 1, 100_000_000)) return wrong("spec.expectedViewers must be a whole number from 1 on.");
  if (leadMinutes !== undefined && !isWhole(leadMinutes, 0, 1_440)) {
    return wrong("spec.leadMinutes must be a whole number from 0 to 1440.");
  }
  const curve = readCurve(joinCurve, startMs);
  if (!curve) return wrong("spec.joinCurve must be a list of {afterSeconds, percent}, each moment once.");
  const parts = readZones(zones);
  if (!parts) return wrong("spec.zones must be a list of {name, percent} of which some are above 0.");
  return {
    ok: true,
    event: {
      ...{ name, startMs, endMs, viewers: expectedViewers, curve, zones: parts },
      leadMs: leadMinutes === undefined ? leadMs : leadMinutes * 60_000,
    },
  };
}

function readCurve(value: unknown, startMs: number): readonly CurvePoint[] | null {
  if (value === undefined) {
    return [
      { atMs: startMs, percent: 0 },
      { atMs: startMs + ALL_WITHIN_MS, percent: 100 },
    ];
  }
  if (!Array.isArray(value) || value.length === 0) return null;
  const points: CurvePoint[] = [];
  for (const item of value) {
    const { afterSeconds, percent } = (item ?? {}) as Record<string, unknown>;
    if (!isWhole(afterSeconds, -86_400, 604_800) || !isWhole(percent, 0, 100)) return null;
    points.push({ atMs: startMs + afterSeconds * 1_000, percent });
  }
  points.sort((a, b) => a.atMs - b.atMs);
  return points.every(({ atMs }, at) => at === 0 || atMs > (points[at - 1]?.atMs ?? 0)) ? points : null;
}

function readZones(value: unknown): ReadonlyMap<string, number> | null {
  if (!Array.isArray(value)) return null;
  const parts = new Map<string, number>();
  for (const item of value) {
    const { name, percent } = (item ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || name === "" || !isWhole(percent, 0, 100)) return null;
    parts.set(name, (parts.get(name) ?? 0) + percent);
  }
  const sum = [...parts.values()].reduce((total, percent) => total + percent, 0);
  if (parts.size > 0 && sum === 0) return null;
  return new Map([...parts].map(([name, percent]) => [name, percent / sum]));
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

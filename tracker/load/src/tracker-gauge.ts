/** What a tracker's process has used so far, from its `/metrics`. */
export interface TrackerUse {
  /** User and system, seconds. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly connections: number;
}

/** Reads a tracker's metrics; null where they are not to be had. */
export async function readTrackerUse(metricsUrl: string): Promise<TrackerUse | null> {
  try {
    const answer = await fetch(metricsUrl, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? parseTrackerUse(await answer.text()) : null;
  } catch {
    return null;
  }
}

/** Reads the text of `/metrics`. */
export function parseTrackerUse(text: string): TrackerUse | null {
  const metric = (name: string): number => {
    const line = text.split("\n").find((row) => row.startsWith(`${name} `));
    return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
  };
  const cpuSeconds = metric("process_cpu_seconds_total");
  if (Number.isNaN(cpuSeconds)) return null;
  return {
    cpuSeconds,
    residentBytes: metric("process_resident_memory_bytes"),
    connections: metric("shoal_tracker_connections"),
  };
}

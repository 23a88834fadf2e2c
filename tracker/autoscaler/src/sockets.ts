import type { TrackerPod } from "./cluster.ts";

const AT_ONCE = 16;
const WITHIN_MS = 3_000;

/** As much of a pod as is needed to ask it. */
type Asked = Pick<TrackerPod, "name" | "ip">;

/** Reads how many viewers a pod has; `null` where it does not say. */
export type ReadSockets = (pod: Asked) => Promise<number | null>;

/** Asks a pod's own metrics. @param url with `{ip}` and `{name}` in it */
export function socketsFromMetrics(url: string, get: typeof fetch = fetch): ReadSockets {
  return async ({ ip, name }) => {
    const host = ip.includes(":") ? `[${ip}]` : ip;
    const address = url.replaceAll("{ip}", host).replaceAll("{name}", name);
    try {
      const answer = await get(address, { signal: AbortSignal.timeout(WITHIN_MS) });
      const line = /^shoal_tracker_connections(?:\{[^}]*\})? (\d+(?:\.\d+)?)$/m.exec(await answer.text());
      return answer.ok && line ? Number(line[1]) : null;
    } catch {
      return null;
    }
  };
}

/** Viewers by pod, of those pods that say; a few are asked at once. */
export async function countSockets(pods: readonly Asked[], read: ReadSockets): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const waiting = [...pods];
  const ask = async (): Promise<void> => {
    for (let pod = waiting.pop(); pod; pod = waiting.pop()) {
      const count = await read(pod);
      if (count !== null) counts.set(pod.name, count);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return counts;
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Origin } from "@shoal/origin";

const LOOK_MS = 100;
const QUIET_MS = 500;
const WITHIN_MS = 4_000;

/** Waits for a moment when no segment is under way, if one comes: then both sides have counted the same bytes. */
export async function untilQuiet(origin: Origin, signal: AbortSignal): Promise<void> {
  let bytes = -1;
  let quietMs = 0;
  for (let waitedMs = 0; waitedMs < WITHIN_MS && quietMs < QUIET_MS; waitedMs += LOOK_MS) {
    const { viewers } = origin.counts();
    quietMs = viewers.bytes === bytes ? quietMs + LOOK_MS : 0;
    bytes = viewers.bytes;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

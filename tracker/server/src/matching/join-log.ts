import { createWriteStream, type WriteStream } from "node:fs";
import type { Entry } from "@shoal/matching";
import type { PeerId, SwarmId } from "@shoal/protocol";
import type { Log } from "@shoal/sealer";

/** What happened to one viewer, as far as the matching sees it. Holds no address. */
export type JoinEvent =
  | { readonly e: "join"; readonly entry: Entry }
  | { readonly e: "status"; readonly peerId: PeerId; readonly patch: object }
  | { readonly e: "want"; readonly peerId: PeerId; readonly count: number }
  | { readonly e: "leave"; readonly peerId: PeerId };

/** Takes what happens in swarms. */
export interface JoinLog {
  add(swarm: SwarmId, nowMs: number, event: JoinEvent): void;
  /** Settles when everything is written. */
  close(): Promise<void>;
}

/** A disk that cannot keep up costs lines of the log, never viewers. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

/** Appends one line of JSON an event to a file. */
export function joinLogTo(path: string, log: Log): JoinLog {
  const stream: WriteStream = createWriteStream(path, { flags: "a" });
  let lost = 0;
  let failed = false;
  stream.on("error", (error) => {
    if (!failed) log.error("join-log-failed", { reason: error.message });
    failed = true;
  });
  return {
    add(swarm, nowMs, event) {
      if (failed || stream.writableLength > MAX_QUEUED_BYTES) {
        lost++;
        return;
      }
      stream.write(`${JSON.stringify({ t: nowMs, s: swarm, ...event })}\n`);
    },
    close: () => {
      if (lost > 0) log.warn("join-log-lost", { lines: lost });
      return new Promise((resolve) => (failed ? resolve() : stream.end(() => resolve())));
    },
  };
}

import type { Origin } from "@shoal/origin";
import type { OriginSample } from "./run-record.ts";

/** Notes what an origin has served, whenever it is asked to. */
export class OriginLog {
  readonly #origin: Origin;
  readonly samples: OriginSample[] = [];
  readonly firstAskedMs: Record<string, number> = {};

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  note(): void {
    const atMs = Date.now();
    const { viewers, sealer, clients, segments } = this.#origin.counts();
    this.samples.push({
      atMs,
      viewersBytes: viewers.bytes,
      sealerBytes: sealer.bytes,
      clients: Object.fromEntries(Object.entries(clients).map(([name, { bytes }]) => [name, bytes])),
    });
    for (const path of Object.keys(segments)) this.firstAskedMs[path] ??= atMs;
  }
}

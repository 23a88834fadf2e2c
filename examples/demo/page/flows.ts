import type { ViewerReport } from "./viewer-report.ts";

/** Bytes that went one way since the last look. */
export interface Flow {
  /** A viewer's name; null: the CDN. */
  readonly from: string | null;
  readonly to: string;
  /** The sender's network; null for the CDN. */
  readonly isp: string | null;
  readonly bytes: number;
}

/** Makes flows of the counters in viewers' reports: what grew since the last look, by who sent it. */
export class FlowMeter {
  readonly #seen = new Map<string, number>();
  /** Everybody who was ever there: bytes may be told of after their sender has left. */
  readonly #peers = new Map<string, { readonly name: string; readonly isp: string }>();

  flows(reports: readonly ViewerReport[]): readonly Flow[] {
    for (const { peerId, name, isp } of reports) if (peerId !== null) this.#peers.set(peerId, { name, isp });
    const flows: Flow[] = [];
    for (const { name: to, cdnBytes, neighbours } of reports) {
      const fromCdn = this.#growth(to, cdnBytes);
      if (fromCdn > 0) flows.push({ from: null, to, isp: null, bytes: fromCdn });
      for (const { peerId, receivedBytes } of neighbours) {
        const bytes = this.#growth(`${to} ${peerId}`, receivedBytes);
        const sender = this.#peers.get(peerId);
        if (bytes > 0 && sender) flows.push({ from: sender.name, to, isp: sender.isp, bytes });
      }
    }
    return flows;
  }

  /** A counter that went back belongs to a new connection and began at 0. */
  #growth(key: string, count: number): number {
    const before = this.#seen.get(key) ?? 0;
    this.#seen.set(key, count);
    return count >= before ? count - before : count;
  }
}

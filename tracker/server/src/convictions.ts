import type { PeerId } from "@shoal/protocol";

/** A viewer convicted by this many others is no longer offered: one liar, or two, cannot shut somebody out. */
export const CONVICTIONS_TO_WITHHOLD = 3;
const MAX_ACCUSED = 4_096;

/** Who said that whom sent them bytes which their seal refutes. */
export class Convictions {
  readonly #accusers = new Map<PeerId, Set<PeerId>>();

  /** @returns true when this report is the one that makes it enough */
  report(accuser: PeerId, accused: PeerId): boolean {
    let accusers = this.#accusers.get(accused);
    if (!accusers) {
      if (this.#accusers.size >= MAX_ACCUSED) return false;
      accusers = new Set();
      this.#accusers.set(accused, accusers);
    }
    if (accusers.size >= CONVICTIONS_TO_WITHHOLD || accusers.has(accuser)) return false;
    accusers.add(accuser);
    return accusers.size === CONVICTIONS_TO_WITHHOLD;
  }

  /** True also for a viewer that left and came back under the same id. */
  isConvicted(peerId: PeerId): boolean {
    return (this.#accusers.get(peerId)?.size ?? 0) >= CONVICTIONS_TO_WITHHOLD;
  }
}

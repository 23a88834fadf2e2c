import type { Flow } from "./flows.ts";
import type { PlayerName } from "./viewer-report.ts";

/** What viewers with one player had from viewers with the other, bytes. */
export interface Crossing {
  readonly hlsToDash: number;
  readonly dashToHls: number;
}

/** Sums what goes from one kind of player to the other. */
export class Directions {
  #hlsToDash = 0;
  #dashToHls = 0;

  /** @param playerOf by a viewer's name, also of one who has left */
  add(flows: readonly Flow[], playerOf: (name: string) => PlayerName | undefined): void {
    for (const { from, to, bytes } of flows) {
      const way = from === null ? "" : `${playerOf(from)} ${playerOf(to)}`;
      if (way === "hls dash") this.#hlsToDash += bytes;
      if (way === "dash hls") this.#dashToHls += bytes;
    }
  }

  get crossing(): Crossing {
    return { hlsToDash: this.#hlsToDash, dashToHls: this.#dashToHls };
  }

  clear(): void {
    this.#hlsToDash = 0;
    this.#dashToHls = 0;
  }
}

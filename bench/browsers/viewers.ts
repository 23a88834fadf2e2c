import type { Audience, PageLoad, Seat } from "./audience.ts";
import { type PlayerSetUp, pageOf } from "./players.ts";
import type { SeatRecord } from "./run-record.ts";
import type { Scenario } from "./scenarios.ts";
import type { Stage } from "./stage.ts";
import { isHit, nameOf, settingsOf } from "./viewer-settings.ts";

/** What all viewers of a run have in common. */
export interface Terms {
  readonly scenario: Scenario;
  readonly setUp: PlayerSetUp;
  readonly stage: Stage;
  readonly recover: boolean;
}

interface Present {
  readonly seat: Seat;
  readonly joinedMs: number;
  load: PageLoad | null;
}

/** The viewers of a run: who is there, and what those who left had noted. */
export class Viewers {
  readonly #audience: Audience;
  readonly #terms: Terms;
  readonly #present = new Map<number, Present>();
  readonly #records: SeatRecord[] = [];

  constructor(audience: Audience, terms: Terms) {
    this.#audience = audience;
    this.#terms = terms;
  }

  async join(viewer: number): Promise<void> {
    const { scenario, setUp, stage, recover } = this.#terms;
    const joinedMs = Date.now();
    const settings = settingsOf(viewer, { scenario, setUp, trackerUrl: stage.trackerUrl, recover });
    const place = {
      viewer,
      name: nameOf(viewer),
      pagesUrl: `${stage.origin.url}/page`,
      page: pageOf(setUp, viewer),
      settings,
    };
    this.#present.set(viewer, { seat: await this.#audience.seat(place), joinedMs, load: null });
  }

  async leave(viewer: number): Promise<void> {
    const present = this.#present.get(viewer);
    if (present === undefined) return;
    this.#present.delete(viewer);
    this.#records.push(await this.#recordOf(viewer, present));
    await present.seat.leave();
  }

  /** Everybody takes a sample now. */
  async mark(): Promise<void> {
    await Promise.all([...this.#present.values()].map(({ seat }) => seat.mark()));
  }

  /** How busy everybody was is counted from now on. */
  async noteLoads(): Promise<void> {
    for (const present of this.#present.values()) present.load = await present.seat.load();
  }

  /** What everybody noted, in the order they joined; those that are there stay. */
  async records(): Promise<readonly SeatRecord[]> {
    const present = await Promise.all([...this.#present].map(([viewer, one]) => this.#recordOf(viewer, one)));
    return [...this.#records, ...present].toSorted((a, b) => a.joinedMs - b.joinedMs);
  }

  async leaveAll(): Promise<void> {
    await Promise.all([...this.#present.values()].map(({ seat }) => seat.leave().catch(() => {})));
    this.#present.clear();
  }

  async #recordOf(viewer: number, { seat, joinedMs, load }: Present): Promise<SeatRecord> {
    const leftMs = Date.now();
    const [page, last] = await Promise.all([seat.record(), seat.load()]);
    const hit = isHit(viewer, this.#terms.scenario);
    return { name: nameOf(viewer), joinedMs, leftMs, hit, page, loads: load && last && [load, last] };
  }
}

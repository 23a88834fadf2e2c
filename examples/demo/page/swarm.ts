import { type Flow, FlowMeter } from "./flows.ts";
import { ISPS, viewerIdentity } from "./names.ts";
import { ringOf } from "./ring.ts";
import type { SwarmCanvas } from "./swarm-canvas.ts";
import { ViewerCard } from "./viewer-card.ts";
import { type PlayerName, type StreamName, type ViewerReport, viewerUrl } from "./viewer-report.ts";

/** More players than this are more than one browser should have. */
export const MOST_VIEWERS = 16;

/** The viewers on the stage. */
export class Swarm {
  readonly #stage: HTMLElement;
  readonly #list: HTMLElement;
  readonly #hub: HTMLElement;
  readonly #canvas: SwarmCanvas;
  readonly #colours: readonly string[];
  readonly #left: (name: string) => void;
  #meter = new FlowMeter();
  readonly #players = new Map<string, PlayerName>();
  #cards: ViewerCard[] = [];
  #joined = 0;

  constructor(
    elements: { readonly stage: HTMLElement; readonly list: HTMLElement; readonly hub: HTMLElement },
    canvas: SwarmCanvas,
    colours: readonly string[],
    left: (name: string) => void,
  ) {
    this.#stage = elements.stage;
    this.#list = elements.list;
    this.#hub = elements.hub;
    this.#canvas = canvas;
    this.#colours = colours;
    this.#left = left;
    new ResizeObserver(() => this.#arrange()).observe(this.#stage);
    this.#arrange();
  }

  get size(): number {
    return this.#cards.length;
  }

  sizeOf(isp: string): number {
    return this.#cards.filter((card) => card.isp === isp).length;
  }

  /** Also of a viewer who has left. */
  playerOf(name: string): PlayerName | undefined {
    return this.#players.get(name);
  }

  /** Lets the next viewer join, in the smaller network, with the player that fewer have there. */
  join(
    stream: StreamName,
    players: readonly PlayerName[],
    tracker: string,
  ): { readonly name: string; readonly isp: string; readonly player: PlayerName } {
    const { name } = viewerIdentity(this.#joined++);
    const isp = [...ISPS].sort((a, b) => this.sizeOf(a) - this.sizeOf(b))[0] ?? "";
    const player = this.#rarest(players, isp);
    this.#players.set(name, player);
    const url = viewerUrl(".", { name, isp, stream, player, tracker });
    const viewer = { name, isp, player, network: ISPS.indexOf(isp), url };
    const card = new ViewerCard(viewer, this.#colours, () => this.#leave(card));
    this.#cards = [...this.#cards, card].sort((a, b) => ISPS.indexOf(a.isp) - ISPS.indexOf(b.isp));
    this.#list.append(card.element);
    this.#arrange();
    return { name, isp, player };
  }

  /** Asks everybody, and shows it. @returns the flows since the last look, and all reports */
  look(elapsedMs: number): { readonly flows: readonly Flow[]; readonly reports: readonly ViewerReport[] } {
    const reports = this.#cards.map((card) => card.ask()).filter((report) => report !== null);
    const flows = this.#meter.flows(reports);
    for (const card of this.#cards) {
      card.show(
        flows.filter(({ to }) => to === card.name),
        ISPS,
      );
    }
    this.#canvas.add(flows, elapsedMs, ({ isp }) => this.#colours[isp === null ? 0 : ISPS.indexOf(isp) + 1] ?? "");
    this.#draw();
    return { flows, reports };
  }

  /** Sends everybody away; names begin again. */
  clear(): void {
    for (const card of this.#cards) card.remove();
    this.#cards = [];
    this.#players.clear();
    this.#joined = 0;
    this.#meter = new FlowMeter();
    this.#canvas.clear();
    this.#arrange();
  }

  #rarest(players: readonly PlayerName[], isp: string): PlayerName {
    const count = (player: PlayerName, cards: readonly ViewerCard[]): number =>
      cards.filter((card) => card.player === player).length;
    const near = this.#cards.filter((card) => card.isp === isp);
    const byCount = [...players].sort(
      (a, b) => count(a, near) - count(b, near) || count(a, this.#cards) - count(b, this.#cards),
    );
    return byCount[0] ?? "hls";
  }

  #leave(card: ViewerCard): void {
    this.#cards = this.#cards.filter((other) => other !== card);
    card.remove();
    this.#arrange();
    this.#left(card.name);
  }

  #ring() {
    return ringOf(this.#cards.length, this.#stage.clientWidth, this.#stage.clientHeight);
  }

  #arrange(): void {
    const ring = this.#ring();
    for (const [at, card] of this.#cards.entries()) card.place(ring.places[at] ?? ring.centre, ring.cardWidth);
    this.#hub.style.left = `${ring.centre.x}px`;
    this.#hub.style.top = `${ring.centre.y}px`;
    this.#draw();
  }

  #draw(): void {
    const ring = this.#ring();
    const places = new Map(this.#cards.map(({ name }, at) => [name, ring.places[at] ?? ring.centre]));
    const names = new Map(this.#cards.map(({ report, name }) => [report?.peerId ?? name, name]));
    const pairs = this.#cards.flatMap(({ name, report }) =>
      (report?.neighbours ?? []).flatMap(({ peerId }) => {
        const other = names.get(peerId);
        return other !== undefined && name < other ? [[name, other] as const] : [];
      }),
    );
    let first = 0;
    const arcs = ISPS.map((isp, network) => {
      const count = this.sizeOf(isp);
      const arc = { first, count, colour: this.#colours[network + 1] ?? "" };
      first += count;
      return arc;
    });
    this.#canvas.show({ ring, places, pairs, arcs });
  }
}

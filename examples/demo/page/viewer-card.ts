import type { Flow } from "./flows.ts";
import type { Point } from "./ring.ts";
import { PLAYER_WORDS, type PlayerName, type ViewerReport } from "./viewer-report.ts";

/** A full meter, seconds of buffer. */
const FULL_BUFFER_S = 20;
const LOW_BUFFER_S = 2;

/** What reasons for playing from the CDN alone mean to somebody who looks on. */
const REASONS: Readonly<Record<string, string>> = {
  starting: "joining",
  "too-few-viewers": "alone so far",
  "tracker-away": "tracker away",
  "tracker-refused": "tracker refused",
  "no-seal": "no seals",
  "no-webrtc": "no WebRTC here",
  "mesh-failed": "CDN only",
};

function part(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

/** One viewer on the stage: a player in a page of its own, and how it fares. */
export class ViewerCard {
  readonly name: string;
  readonly isp: string;
  readonly player: PlayerName;
  readonly element = document.createElement("li");
  readonly #frame = document.createElement("iframe");
  readonly #badge = part("span", "badge");
  readonly #state = part("span", "quiet state");
  readonly #stateNumber = new Text();
  readonly #stateUnit = part("span", "unit");
  readonly #meter = part("span", "meter");
  readonly #meterFill = document.createElement("i");
  readonly #buffer = part("span", "quiet");
  readonly #sources: readonly HTMLElement[];
  readonly #bytes: number[];
  #last: ViewerReport | null = null;

  /** @param colours by source: the CDN first, then one for each network */
  constructor(
    viewer: {
      readonly name: string;
      readonly isp: string;
      readonly player: PlayerName;
      readonly network: number;
      readonly url: string;
    },
    colours: readonly string[],
    leave: () => void,
  ) {
    this.name = viewer.name;
    this.isp = viewer.isp;
    this.player = viewer.player;
    this.#sources = colours.map((colour) => {
      const bar = document.createElement("i");
      bar.style.background = colour;
      return bar;
    });
    this.#bytes = colours.map(() => 0);
    this.element.className = "card new";
    this.#frame.src = viewer.url;
    this.#frame.title = `${viewer.name}'s player`;
    this.#frame.tabIndex = -1;
    this.#frame.allow = "autoplay";
    this.#build(colours[viewer.network + 1] ?? "", leave);
    requestAnimationFrame(() => this.element.classList.remove("new"));
  }

  /** What it said last; null before its page has loaded. */
  get report(): ViewerReport | null {
    return this.#last;
  }

  /** Asks its page how it fares. */
  ask(): ViewerReport | null {
    this.#last = this.#frame.contentWindow?.viewerReport?.() ?? this.#last;
    return this.#last;
  }

  place({ x, y }: Point, width: number): void {
    this.element.style.setProperty("--card", `${width}px`);
    this.element.style.transform = `translate(calc(${x}px - 50%), calc(${y}px - 50%))`;
  }

  /** Shows its last report, and where its bytes came from. */
  show(flows: readonly Flow[], isps: readonly string[]): void {
    for (const { isp, bytes } of flows) {
      const source = isp === null ? 0 : isps.indexOf(isp) + 1;
      this.#bytes[source] = (this.#bytes[source] ?? 0) + bytes;
    }
    const total = this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
    for (const [source, bar] of this.#sources.entries()) {
      bar.style.width = `${total === 0 ? 0 : ((this.#bytes[source] ?? 0) / total) * 100}%`;
    }
    if (this.#last) this.#describe(this.#last);
  }

  remove(): void {
    this.element.remove();
  }

  #describe({ startUpMs, stalls, stalling, failure, offReason, bufferS, latencyS, playheadS }: ViewerReport): void {
    const bad = stalling || failure !== null;
    this.#badge.toggleAttribute("data-bad", bad);
    this.#badge.textContent = bad ? "waiting for data" : offReason === null ? "" : (REASONS[offReason] ?? offReason);
    const [number, unit] = stateOf({ startUpMs, stalls, latencyS, playheadS });
    this.#stateNumber.data = number;
    this.#stateUnit.textContent = unit;
    this.#state.toggleAttribute("data-bad", stalls > 0);
    this.#meterFill.style.width = `${Math.min(100, (bufferS / FULL_BUFFER_S) * 100)}%`;
    this.#meter.toggleAttribute("data-low", startUpMs !== null && bufferS < LOW_BUFFER_S);
    this.#buffer.textContent = `${bufferS.toFixed(1)} s`;
  }

  #build(colour: string, leave: () => void): void {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = "×";
    close.setAttribute("aria-label", `${this.name} leaves`);
    close.addEventListener("click", leave);
    const picture = part("div", "picture");
    picture.append(this.#frame, this.#badge, close);
    const sources = part("div", "sources");
    sources.append(...this.#sources);
    const name = part("span", "name");
    name.textContent = this.name;
    const dot = part("span", "dot");
    dot.style.background = colour;
    dot.title = this.isp;
    const first = part("div", "row");
    this.#state.append(this.#stateNumber, this.#stateUnit);
    first.append(dot, name, this.#state);
    this.#meter.append(this.#meterFill);
    this.#meter.title = "Buffer";
    const second = part("div", "row");
    const player = part("span", "quiet player");
    player.textContent = PLAYER_WORDS[this.player];
    second.append(player, this.#meter, this.#buffer);
    const words = part("div", "words");
    words.append(first, second);
    this.element.append(picture, sources, words);
  }
}

/** What a card says beside the name; a narrow one leaves the second half out. */
function stateOf({
  startUpMs,
  stalls,
  latencyS,
  playheadS,
}: Pick<ViewerReport, "startUpMs" | "stalls" | "latencyS" | "playheadS">): readonly [string, string] {
  if (startUpMs === null) return ["", ""];
  if (stalls > 0) return [String(stalls), stalls === 1 ? " stall" : " stalls"];
  return latencyS === null ? [clock(playheadS), ""] : [`${latencyS.toFixed(0)} s`, " behind"];
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

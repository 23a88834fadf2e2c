import { TRACKER_EVENTS } from "@shoal/protocol";
import fc from "fast-check";
import { WebSocket } from "ws";
import { joinOf, peerId } from "./viewers.fixture.ts";

const EVENTS = [...Object.values(TRACKER_EVENTS), "error", "disconnect", "message", "__proto__", "constructor", ""];

/** Something like a message with one part wrong, or nothing like one. */
export const fuzzPayload = fc.oneof(
  fc.anything({ withBigInt: false, withTypedArray: true }),
  fc.record(
    {
      peerId: fc.oneof(fc.constant(peerId(1)), fc.string()),
      attempt: fc.oneof(fc.nat(), fc.double(), fc.string()),
      data: fc.oneof(fc.string(), fc.object()),
      tracks: fc.oneof(
        fc.array(fc.string()),
        fc.array(fc.constant("00000000000000aa")),
        fc.anything({ withBigInt: false }),
      ),
      count: fc.oneof(fc.nat(64), fc.integer(), fc.string()),
      freeSlots: fc.oneof(fc.nat(255), fc.integer(), fc.constant(null)),
      nat: fc.constantFrom("cone", "symmetric", "open", null),
      playheadMs: fc.oneof(fc.nat(), fc.double()),
      sharing: fc.constantFrom("full", "download", "off", "more"),
      convicted: fc.array(fc.oneof(fc.constant(peerId(1)), fc.string())),
      cdnBytes: fc.oneof(fc.nat(), fc.double()),
      peerBytes: fc.nat(),
      uploadedBytes: fc.nat(),
      uplinkBps: fc.oneof(fc.nat(), fc.double()),
      trackId: fc.oneof(fc.constant("00000000000000aa"), fc.string()),
      segmentId: fc.oneof(fc.constant("00000000000000bb"), fc.string()),
    },
    { requiredKeys: [] },
  ),
);

/** Frames of events with such payloads, as text; each is another. */
export function* fuzzFrames(seed: number): Generator<string> {
  const payloads = fc.sample(fuzzPayload, { numRuns: 4_000, seed }).map(textOf);
  let state = seed >>> 0;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (;;) {
    const event = JSON.stringify(EVENTS[draw(EVENTS.length)]);
    const several = Array.from({ length: draw(8) === 0 ? draw(24) : 1 }, () => payloads[draw(payloads.length)]);
    const frame = `42[${[event, ...several].join()}]`;
    // One in four is damaged: a letter changed, or cut short.
    const kind = draw(8);
    if (kind === 0) yield frame.slice(0, draw(frame.length));
    else if (kind === 1) {
      const at = draw(frame.length);
      yield frame.slice(0, at) + String.fromCharCode(32 + draw(90)) + frame.slice(at + 1);
    } else yield frame;
  }
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "null";
  }
}

/** A socket that joined and sends whatever it is given; opened again whenever the tracker has had enough of it. */
export class Misbehaving {
  readonly #url: string;
  readonly #n: number;
  #socket: WebSocket | null = null;
  opened = 0;

  constructor(url: string, n: number) {
    this.#url = `${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
    this.#n = n;
  }

  async send(frames: readonly string[]): Promise<void> {
    const socket = this.#socket?.readyState === WebSocket.OPEN ? this.#socket : await this.#open();
    for (const frame of frames) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
  }

  close(): void {
    this.#socket?.terminate();
  }

  #open(): Promise<WebSocket> {
    this.#socket?.terminate();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.opened++;
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (data) => {
        const text = String(data);
        if (text.startsWith("0")) socket.send(`40${JSON.stringify(joinOf(this.#n))}`);
        else if (text.startsWith("40")) resolve(socket);
        else if (text.startsWith("44")) reject(new Error(text));
      });
    });
  }
}

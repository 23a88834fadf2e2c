import { randomBytes } from "node:crypto";
import { signalText } from "@shoal/load";
import { WebSocket } from "ws";
import { type Contact, PAIRS } from "./contact.ts";

const INFO_HASH = "shoal-bench-00000001";

/** A client of bittorrent-tracker's WebSocket side, saying what bittorrent-tracker's own client says. */
export class TheirContact implements Contact {
  readonly #url: string;
  readonly #peerId = randomBytes(10).toString("hex");
  #socket: WebSocket | null = null;
  #answers = 0;
  #expected = 0;
  #done: () => void = () => {};
  #announced = false;
  #isSteady = false;

  constructor(url: string, known: number) {
    this.#url = url;
    this.#expected = Math.min(PAIRS, known);
  }

  first(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      const socket = new WebSocket(this.#url, { perMessageDeflate: false });
      this.#socket = socket;
      socket.once("error", reject);
      socket.once("open", () => this.#announce("started"));
      socket.on("message", (data: Buffer) => this.#message(JSON.parse(data.toString("utf8")) as TheirMessage));
    });
  }

  /** A re-announce with five fresh offers, which nobody answers. */
  steady(): Promise<void> {
    return new Promise((resolve) => {
      this.#isSteady = true;
      this.#announced = false;
      this.#done = resolve;
      this.#announce(undefined);
    });
  }

  /** From now on offers are not answered. */
  rest(): void {
    this.#isSteady = true;
  }

  close(): void {
    this.#socket?.terminate();
  }

  #announce(event: string | undefined): void {
    const offers = Array.from({ length: PAIRS }, () => ({
      offer: { type: "offer", sdp: theirSdp("offer") },
      offer_id: randomBytes(10).toString("hex"),
    }));
    this.#send({
      action: "announce",
      numwant: PAIRS,
      uploaded: 0,
      downloaded: 0,
      left: 1,
      ...(event === undefined ? {} : { event }),
      offers,
    });
  }

  #message(message: TheirMessage): void {
    if (message.offer && !this.#isSteady) {
      const answer = { type: "answer", sdp: theirSdp("answer") };
      this.#send({ action: "announce", answer, offer_id: message.offer_id, to_peer_id: message.peer_id });
    } else if (message.answer) this.#answers++;
    else if (message.interval !== undefined) this.#announced = true;
    if (!this.#announced) return;
    if (this.#isSteady || this.#answers >= this.#expected) this.#done();
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify({ ...message, info_hash: INFO_HASH, peer_id: this.#peerId }));
  }
}

interface TheirMessage {
  readonly offer?: object;
  readonly answer?: object;
  readonly offer_id?: string;
  readonly peer_id?: string;
  readonly interval?: number;
}

/** One description with its candidates in it: their client does not trickle. */
function theirSdp(kind: "offer" | "answer"): string {
  const [description, ...candidates] = JSON.parse(signalText(kind, "full", Math.random)) as {
    readonly sdp?: string;
    readonly candidate?: { readonly candidate: string };
  }[];
  return `${description?.sdp ?? ""}${candidates.map(({ candidate }) => `a=${candidate?.candidate}\r\n`).join("")}`;
}

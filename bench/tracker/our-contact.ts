import { randomBytes } from "node:crypto";
import { connectPacket, eventPacket, PONG, readPacket, type SdpForm, signalText } from "@shoal/load";
import { isOffer, TRACKER_EVENTS, TRACKER_VERSION } from "@shoal/protocol";
import { WebSocket } from "ws";
import { type Contact, PAIRS } from "./contact.ts";

/** A viewer of ours, over plain `ws`. */
export class OurContact implements Contact {
  readonly #url: string;
  readonly #sdp: SdpForm;
  readonly #peerId = randomBytes(16).toString("hex");
  #socket: WebSocket | null = null;
  #waitingForAnswers = new Set<string>();
  #done: () => void = () => {};
  #slots = 200;

  constructor(url: string, sdp: SdpForm) {
    this.#url = url;
    this.#sdp = sdp;
  }

  first(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      const socket = new WebSocket(`${this.#url}/socket.io/?EIO=4&transport=websocket&sk=bench`, {
        perMessageDeflate: false,
      });
      this.#socket = socket;
      socket.once("error", reject);
      socket.on("message", (data: Buffer) => {
        const packet = readPacket(data.toString("utf8"));
        if (packet.type === "open") socket.send(connectPacket(this.#join()));
        else if (packet.type === "ping") socket.send(PONG);
        else if (packet.type === "refused") reject(new Error(`The join was refused: ${JSON.stringify(packet.data)}`));
        else if (packet.type === "event") this.#event(packet.name, packet.payload as EventPayload);
      });
    });
  }

  /** A change of free slots has no answer: see {@link MeasuredServer.settled}. */
  async steady(): Promise<void> {
    this.#slots = this.#slots === 200 ? 199 : 200;
    this.#socket?.send(eventPacket(TRACKER_EVENTS.status, { freeSlots: this.#slots }));
    // One at a time, as different viewers' messages come: never two of them in one read.
    await new Promise((resolve) => setImmediate(resolve));
  }

  close(): void {
    this.#socket?.terminate();
  }

  #event(name: string, payload: EventPayload): void {
    if (name === TRACKER_EVENTS.welcome) {
      const called = (payload.candidates ?? []).slice(0, PAIRS);
      for (const { peerId } of called) this.#waitingForAnswers.add(peerId);
      // The client gathers what comes up together, as theirs does.
      this.#signals(...called.map(({ peerId }) => this.#signal(peerId, 1, "offer")));
      if (called.length === 0) this.#done();
    } else if (name === TRACKER_EVENTS.signal) {
      const { peerId = "", attempt = 0, data = "" } = payload;
      if (isOffer(data)) return this.#signals(this.#signal(peerId, attempt, "answer"));
      this.#waitingForAnswers.delete(peerId);
      if (this.#waitingForAnswers.size === 0) this.#done();
    }
  }

  #signal(peerId: string, attempt: number, kind: "offer" | "answer"): object {
    return { peerId, attempt, data: signalText(kind, this.#sdp, Math.random) };
  }

  #signals(...signals: object[]): void {
    this.#socket?.send(eventPacket(TRACKER_EVENTS.signal, ...signals));
  }

  #join(): object {
    return {
      version: TRACKER_VERSION,
      peerId: this.#peerId,
      contentId: "bench/event",
      manifest: "/bench/event.m3u8",
      tracks: ["0000000000000001"],
      device: "desktop",
      sharing: "full",
      freeSlots: this.#slots,
      sdk: "bench",
    };
  }
}

interface EventPayload {
  readonly candidates?: readonly { readonly peerId: string }[];
  readonly peerId?: string;
  readonly attempt?: number;
  readonly data?: string;
}

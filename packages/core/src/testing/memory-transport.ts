import { joinBytes, type PeerId, packSignals, unpackSignals } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { PeerLink, PeerLinkHandlers, PeerTransport } from "../mesh/peer-transport.ts";

/** How a link of a {@link MemoryNetwork} behaves. */
export interface LinkQuality {
  /** One way, milliseconds. */
  readonly delayMs: number;
  /** Of the sender's uplink, shared by all its links. */
  readonly uplinkBps: number;
}

interface End {
  readonly peerId: PeerId;
  readonly handlers: PeerLinkHandlers;
  other: End | null;
  queuedBytes: number;
  closed: boolean;
}

const DRAIN_BELOW_BYTES = 16 * 1024;

/** Peer connections inside one process and on a given clock: signalling, delay and uplinks, no WebRTC. */
export class MemoryNetwork {
  /** Sees every frame that is sent. */
  onFrame: (from: PeerId, to: PeerId, frame: Uint8Array) => void = () => {};
  readonly #clock: Clock;
  readonly #quality: (peerId: PeerId) => LinkQuality;
  readonly #offers = new Map<string, End>();
  readonly #uplinkFreeMs = new Map<PeerId, number>();
  #nextOffer = 1;

  constructor(clock: Clock, quality: (peerId: PeerId) => LinkQuality = () => ({ delayMs: 5, uplinkBps: 50_000_000 })) {
    this.#clock = clock;
    this.#quality = quality;
  }

  /** The transport of one viewer. */
  transport(self: PeerId): PeerTransport {
    return {
      connect: ({ initiator }, handlers) => {
        const end: End = { peerId: self, handlers, other: null, queuedBytes: 0, closed: false };
        if (initiator) {
          const offer = String(this.#nextOffer++);
          this.#offers.set(offer, end);
          this.#clock.after(1, () => handlers.signal(packSignals([{ type: "offer", offer }])));
        }
        return this.#link(end);
      },
    };
  }

  #link(end: End): PeerLink {
    return {
      signal: (data) => this.#signal(end, data),
      send: (frame, payload) => this.#send(end, payload ? joinBytes(frame, payload) : frame.slice()),
      get queuedBytes() {
        return end.queuedBytes;
      },
      close: () => this.#close(end),
    };
  }

  #signal(end: End, data: string): void {
    const [signal] = unpackSignals(data) as { type: string; offer: string }[];
    if (signal?.type !== "offer") return;
    const other = this.#offers.get(signal.offer);
    this.#offers.delete(signal.offer);
    if (!other || other.closed || end.closed) return;
    end.other = other;
    other.other = end;
    const { delayMs } = this.#quality(end.peerId);
    this.#clock.after(delayMs * 2, () => {
      if (end.closed || other.closed) return;
      end.handlers.open();
      other.handlers.open();
    });
  }

  #send(end: End, copy: Uint8Array<ArrayBuffer>): boolean {
    const { other } = end;
    if (end.closed || !other) return false;
    this.onFrame(end.peerId, other.peerId, copy);
    const { delayMs, uplinkBps } = this.#quality(end.peerId);
    const nowMs = this.#clock.now();
    const startMs = Math.max(nowMs, this.#uplinkFreeMs.get(end.peerId) ?? 0);
    const sentMs = startMs + (copy.length * 8000) / uplinkBps;
    this.#uplinkFreeMs.set(end.peerId, sentMs);
    end.queuedBytes += copy.length;
    this.#clock.after(sentMs - nowMs, () => {
      const before = end.queuedBytes;
      end.queuedBytes -= copy.length;
      if (!end.closed && before > DRAIN_BELOW_BYTES && end.queuedBytes <= DRAIN_BELOW_BYTES) end.handlers.drain();
    });
    this.#clock.after(sentMs - nowMs + delayMs, () => {
      if (!other.closed) other.handlers.frame(copy);
    });
    return true;
  }

  #close(end: End): void {
    if (end.closed) return;
    end.closed = true;
    this.#clock.after(0, () => end.handlers.closed("closed"));
    const { other } = end;
    if (!other) return;
    this.#clock.after(this.#quality(end.peerId).delayMs, () => {
      if (other.closed) return;
      other.closed = true;
      other.handlers.closed("closed by the other side");
    });
  }
}

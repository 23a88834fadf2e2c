import type { Clock } from "@shoal/core";
import { FRAME_TYPES, PIECE_HEADER_BYTES } from "@shoal/protocol";
import type { PeerLink, PeerLinkHandlers, PeerTransport } from "../../packages/core/src/mesh/peer-transport.ts";
import type { Person } from "./population.ts";
import { Random } from "./random.ts";
import { Uplink } from "./uplink.ts";
import { FALSE_BYTE, TRUE_BYTE } from "./zeros.ts";

/** A frame on its way: of a PIECE only the header, its payload is a length. */
interface Frame {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly length: number;
  /** On the wire, with what DTLS, SCTP, UDP and IP add. */
  readonly bytes: number;
}

interface End {
  readonly host: Host;
  readonly handlers: PeerLinkHandlers;
  readonly frames: Frame[];
  other: End | null;
  queuedBytes: number;
  lastArrivalMs: number;
  closed: boolean;
}

interface Host {
  readonly person: Person;
  readonly uplink: Uplink<Frame, End>;
  readonly ends: Set<End>;
  downlinkFreeMs: number;
  /** Gone without a word. */
  vanished: boolean;
  lies: boolean;
}

/** What travelled between viewers. */
export interface Traffic {
  /** Payload of PIECE frames that arrived, bytes. */
  pieceBytes: number;
  /** Of these, between viewers of one ISP. */
  sameIspPieceBytes: number;
  /** Everything else, bytes on the wire. */
  controlBytes: number;
  /** Frames by their type byte. */
  readonly frames: number[];
}

/** A packet of 1200 bytes carries some 60 of DTLS, SCTP, UDP and IP. */
const WIRE_OVERHEAD = 1.05;
const PACKET_BYTES = 60;
const DRAIN_BELOW_BYTES = 16 * 1024;
/** One way, milliseconds. */
const SAME_ISP_MS = 20;
const OTHER_ISP_MS = 50;
/** A pair's delay differs from its class' by up to this share, and each frame's by up to so many milliseconds. */
const PAIR_SPREAD = 0.3;
const FRAME_JITTER_MS = 4;
/** Round trips from the answer to an open channel: ICE checks, DTLS, SCTP. */
const OPENING_ROUND_TRIPS = 3;
/** Until a browser takes a silent connection for dead. */
const SILENCE_MS = 10_000;

/**
 * Connections between viewers: delays per pair, uplinks and downlinks shared by all connections of a viewer. Frames are
 * the codec's real bytes, but the payload of a PIECE travels as its length. Every pair can connect; nothing is lost.
 */
export class Network {
  readonly traffic: Traffic = { pieceBytes: 0, sameIspPieceBytes: 0, controlBytes: 0, frames: [] };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hosts = new Map<number, Host>();
  readonly #offers = new Map<string, End>();
  /** Where a PIECE is put together again; decoders and store do not keep it. */
  readonly #truePiece = new Uint8Array(PIECE_HEADER_BYTES + 2 ** 16).fill(TRUE_BYTE);
  readonly #falsePiece = new Uint8Array(PIECE_HEADER_BYTES + 2 ** 16).fill(FALSE_BYTE);
  #nextOffer = 1;

  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#random = new Random(`network ${seed}`);
  }

  transport(person: Person): PeerTransport {
    const host = this.#host(person);
    return {
      connect: ({ initiator }, handlers) => {
        const end: End = { host, handlers, frames: [], other: null, queuedBytes: 0, lastArrivalMs: 0, closed: false };
        host.ends.add(end);
        if (initiator) this.#offer(end);
        return this.#link(end);
      },
    };
  }

  /** A viewer's machine is gone: nothing is said, nothing answers, and others find out by the silence. */
  vanish(person: Person): void {
    const host = this.#host(person);
    host.vanished = true;
    for (const end of [...host.ends]) {
      this.#end(end);
      const { other } = end;
      if (other) this.#clock.after(SILENCE_MS + this.#random.between(0, 2000), () => this.#lose(other, "silence"));
    }
  }

  /** From now on this viewer sends bytes that are not the segment's. */
  corrupt(person: Person): void {
    this.#host(person).lies = true;
  }

  #host(person: Person): Host {
    const known = this.#hosts.get(person.number);
    if (known) return known;
    const uplink = new Uplink<Frame, End>(this.#clock, person.uplinkBps, (end, frame) => this.#sent(end, frame));
    const host: Host = { person, uplink, ends: new Set(), downlinkFreeMs: 0, vanished: false, lies: false };
    this.#hosts.set(person.number, host);
    return host;
  }

  #offer(end: End): void {
    const offer = String(this.#nextOffer++);
    this.#offers.set(offer, end);
    this.#clock.after(5, () => {
      if (!end.closed) end.handlers.signal(JSON.stringify([{ type: "offer", offer }]));
    });
  }

  #link(end: End): PeerLink {
    return {
      signal: (data) => this.#signal(end, data),
      send: (frame) => this.#send(end, frame),
      get queuedBytes() {
        return end.queuedBytes;
      },
      close: () => this.#close(end),
    };
  }

  /** The responder answers an offer, the initiator hears the answer; then both may open. */
  #signal(end: End, data: string): void {
    const [signal] = JSON.parse(data) as { type: string; offer: string }[];
    if (!signal || end.closed) return;
    if (signal.type === "offer") {
      const other = this.#offers.get(signal.offer);
      this.#offers.delete(signal.offer);
      if (!other || other.closed) return;
      end.other = other;
      other.other = end;
      this.#clock.after(5, () => {
        if (!end.closed) end.handlers.signal(JSON.stringify([{ type: "answer", offer: signal.offer }]));
      });
      return;
    }
    const { other } = end;
    if (!other) return;
    this.#clock.after(OPENING_ROUND_TRIPS * 2 * this.#delayMs(end.host, other.host), () => {
      if (end.closed || other.closed) return;
      end.handlers.open();
      other.handlers.open();
    });
  }

  #send(end: End, frame: Uint8Array<ArrayBuffer>): boolean {
    if (end.closed || !end.other) return false;
    const header = frame[0] === FRAME_TYPES.piece ? frame.slice(0, PIECE_HEADER_BYTES) : frame;
    const bytes = Math.round(frame.length * WIRE_OVERHEAD) + PACKET_BYTES;
    end.queuedBytes += frame.length;
    end.host.uplink.queue(end, { header, length: frame.length, bytes });
    return true;
  }

  #sent(end: End, frame: Frame): void {
    const before = end.queuedBytes;
    const { other } = end;
    if (!other || end.host.vanished || other.host.vanished) return;
    end.queuedBytes -= frame.length;
    if (!end.closed && before > DRAIN_BELOW_BYTES && end.queuedBytes <= DRAIN_BELOW_BYTES) end.handlers.drain();
    const nowMs = this.#clock.now();
    const delayMs = this.#delayMs(end.host, other.host) + this.#random.unit() * FRAME_JITTER_MS;
    const { host } = other;
    const beginMs = Math.max(nowMs + delayMs, other.lastArrivalMs, host.downlinkFreeMs);
    const arrivalMs = beginMs + (frame.bytes * 8000) / host.person.downlinkBps;
    // The downlink is kept by bytes, not by arrival: a far frame must not hold up a near one behind it.
    host.downlinkFreeMs = Math.max(nowMs, host.downlinkFreeMs) + (frame.bytes * 8000) / host.person.downlinkBps;
    other.lastArrivalMs = arrivalMs;
    this.#clock.after(arrivalMs - nowMs, () => this.#arrive(end, other, frame));
  }

  #arrive(from: End, end: End, frame: Frame): void {
    if (end.closed || end.host.vanished) return;
    const type = frame.header[0] ?? 0;
    const { traffic } = this;
    traffic.frames[type] = (traffic.frames[type] ?? 0) + 1;
    if (type !== FRAME_TYPES.piece) {
      traffic.controlBytes += frame.bytes;
      return end.handlers.frame(frame.header);
    }
    const payloadBytes = frame.length - PIECE_HEADER_BYTES;
    traffic.pieceBytes += payloadBytes;
    if (from.host.person.isp === end.host.person.isp) traffic.sameIspPieceBytes += payloadBytes;
    const whole = from.host.lies ? this.#falsePiece : this.#truePiece;
    whole.set(frame.header);
    end.handlers.frame(whole.subarray(0, frame.length));
  }

  #close(end: End): void {
    if (end.closed) return;
    this.#end(end);
    this.#clock.after(0, () => end.handlers.closed("closed"));
    const { other } = end;
    if (!other || end.host.vanished) return;
    this.#clock.after(this.#delayMs(end.host, other.host), () => this.#lose(other, "closed by the other side"));
  }

  #lose(end: End, reason: string): void {
    if (end.closed) return;
    this.#end(end);
    end.handlers.closed(reason);
  }

  #end(end: End): void {
    end.closed = true;
    end.host.ends.delete(end);
    // What is on the uplink's ring stays there until its turn; the rest is not sent any more.
    end.frames.splice(1);
  }

  /** One way between two viewers, the same each time. */
  #delayMs(a: Host, b: Host): number {
    const low = Math.min(a.person.number, b.person.number);
    const high = Math.max(a.person.number, b.person.number);
    const spread = ((Math.imul(low + 1, 0x9e3779b1) ^ Math.imul(high + 1, 0x85ebca6b)) >>> 8) / 2 ** 24;
    const base = a.person.isp === b.person.isp ? SAME_ISP_MS : OTHER_ISP_MS;
    return base * (1 + PAIR_SPREAD * (2 * spread - 1));
  }
}

import { PIECE_HEADER_BYTES } from "@shoal/protocol";
import type { PeerLink, PeerTransport } from "../../packages/core/src/mesh/peer-transport.ts";
import { type End, type Frame, type Host, isSamePiece, join, newEnd } from "./connection.ts";
import { FROM_CDN, isTrue, passedOn } from "./marks.ts";
import { hindranceMs, type PathQuality, WIRE_OVERHEAD } from "./path.ts";
import type { Person } from "./population.ts";
import { Random } from "./random.ts";
import { Uplink } from "./uplink.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What travelled between viewers. */
export interface Traffic {
  /** Payload of PIECE frames that arrived, bytes. */
  pieceBytes: number;
  /** Of these, between viewers of one ISP. */
  sameIspPieceBytes: number;
  /** Of these, made up by a liar: by the sender, or by one that it believed. */
  falsePieceBytes: number;
  /** Everything else, bytes on the wire. */
  controlBytes: number;
  /** Frames by their type byte. */
  readonly frames: number[];
}

/** What a frame costs beside its bytes, however short it is. */
const FRAME_OVERHEAD_BYTES = 60;
const DRAIN_BELOW_BYTES = 16 * 1024;
/** Round trips from the answer to an open channel: ICE checks, DTLS, SCTP. */
const OPENING_ROUND_TRIPS = 3;
/** Until a browser takes a silent connection for dead. */
const SILENCE_MS = 10_000;
/** Frames of a piece are handed over together if the last left no later than this after the first. */
const TOGETHER_MS = 100;

/**
 * Connections between viewers: delays per pair, uplinks and downlinks shared by all connections of a viewer. Frames are
 * the codec's real bytes, but the payload of a PIECE travels as its length. Every pair of connected ISPs can connect.
 */
export class Network {
  readonly traffic: Traffic = { pieceBytes: 0, sameIspPieceBytes: 0, falsePieceBytes: 0, controlBytes: 0, frames: [] };
  readonly #clock: VirtualTime;
  readonly #seed: number;
  readonly #quality: PathQuality;
  readonly #hosts = new Map<number, Host>();
  readonly #offers = new Map<string, End>();
  /** Where a PIECE is put together again; decoders and store do not keep it. */
  readonly #piece = new Uint8Array(PIECE_HEADER_BYTES + 2 ** 16);
  #nextOffer = 1;
  /** An ISP that has no way to the others; null while all have. */
  #island: number | null = null;

  constructor(clock: VirtualTime, seed: number, quality: PathQuality) {
    this.#clock = clock;
    this.#seed = seed;
    this.#quality = quality;
  }

  transport(person: Person): PeerTransport {
    const host = this.#host(person);
    return {
      connect: ({ initiator }, handlers) => {
        const end = newEnd(host, handlers);
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
      const { other } = end;
      this.#end(end);
      if (other) this.#loseInSilence(other);
    }
  }

  /** @returns whether a viewer was told to lie */
  lies(person: Person): boolean {
    return this.#host(person).lies;
  }

  /** From now on this viewer sends bytes that are not the segment's. */
  corrupt(person: Person): void {
    this.#host(person).lies = true;
  }

  /** From now on an ISP has no way to the others; null to connect all again. */
  split(isp: number | null): void {
    this.#island = isp;
    for (const host of this.#hosts.values()) {
      for (const end of host.ends) {
        if (end.other && !this.#reaches(host, end.other.host)) this.#loseInSilence(end);
      }
    }
  }

  #host(person: Person): Host {
    const known = this.#hosts.get(person.number);
    if (known) return known;
    const host: Host = {
      person,
      uplink: new Uplink<Frame, End>(this.#clock, person.uplinkBps, (...left) => this.#left(...left)),
      random: new Random(`network ${this.#seed} ${person.number}`),
      ends: new Set(),
      downlinkFreeMs: 0,
      vanished: false,
      lies: false,
    };
    this.#hosts.set(person.number, host);
    return host;
  }

  #reaches(a: Host, b: Host): boolean {
    const island = this.#island;
    return island === null || (a.person.isp === island) === (b.person.isp === island);
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
      send: (frame, payload) => this.#send(end, frame, payload),
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
      join(end, other);
      this.#clock.after(5, () => {
        if (!end.closed) end.handlers.signal(JSON.stringify([{ type: "answer", offer: signal.offer }]));
      });
      return;
    }
    const { other } = end;
    if (!other) return;
    this.#clock.after(OPENING_ROUND_TRIPS * 2 * end.delayMs, () => {
      if (end.closed || other.closed || !this.#reaches(end.host, other.host)) return;
      end.handlers.open();
      other.handlers.open();
    });
  }

  #send(end: End, header: Uint8Array<ArrayBuffer>, payload?: Uint8Array): boolean {
    if (end.closed || !end.other) return false;
    const bulk = payload !== undefined;
    const length = header.length + (payload?.length ?? 0);
    const bytes = Math.round(length * WIRE_OVERHEAD) + FRAME_OVERHEAD_BYTES;
    const mark = payload?.[0] ?? FROM_CDN;
    const continues = bulk && end.last !== null && isSamePiece(end.last, header);
    end.last = bulk ? header : null;
    end.queuedBytes += length;
    end.host.uplink.queue(end, { header, length, mark, bytes, bulk, continues });
    return true;
  }

  #left(end: End, frame: Frame, leftMs: number): void {
    const before = end.queuedBytes;
    const { other } = end;
    if (!other || end.host.vanished || other.host.vanished) return;
    end.queuedBytes -= frame.length;
    const drained = before > DRAIN_BELOW_BYTES && end.queuedBytes <= DRAIN_BELOW_BYTES;
    if (drained) this.#clock.after(0, () => end.closed || end.handlers.drain());
    if (!this.#reaches(end.host, other.host)) return;
    const nowMs = this.#clock.now();
    const { host } = other;
    const followed = end.frames.length > 0;
    const wayMs =
      end.delayMs + hindranceMs(this.#quality, { bytes: frame.bytes, followed, delayMs: end.delayMs }, end.host.random);
    const downlinkMs = (frame.bytes * 8000) / host.person.downlinkBps;
    other.lastArrivalMs = Math.max(leftMs + wayMs, other.lastArrivalMs, host.downlinkFreeMs) + downlinkMs;
    // The downlink is kept by bytes, not by arrival: a far frame must not hold up a near one behind it.
    host.downlinkFreeMs = Math.max(nowMs, host.downlinkFreeMs) + downlinkMs;
    if (!frame.bulk) {
      this.#clock.after(other.lastArrivalMs - nowMs, () => this.#arrive(end, other, frame));
      return;
    }
    if (end.together.length === 0) end.togetherMs = nowMs;
    end.together.push(frame);
    if (end.frames[0]?.continues && nowMs - end.togetherMs < TOGETHER_MS) return;
    const { together } = end;
    end.together = [];
    this.#clock.after(other.lastArrivalMs - nowMs, () => {
      for (const one of together) this.#arrive(end, other, one);
    });
  }

  #arrive(from: End, end: End, frame: Frame): void {
    if (end.closed || end.host.vanished) return;
    const type = frame.header[0] ?? 0;
    const { traffic } = this;
    traffic.frames[type] = (traffic.frames[type] ?? 0) + 1;
    if (!frame.bulk) {
      traffic.controlBytes += frame.bytes;
      return end.handlers.frame(frame.header);
    }
    const payloadBytes = frame.length - PIECE_HEADER_BYTES;
    traffic.pieceBytes += payloadBytes;
    if (from.host.person.isp === end.host.person.isp) traffic.sameIspPieceBytes += payloadBytes;
    this.#piece.set(frame.header);
    // Whoever looks at a payload's mark looks at its first byte.
    const mark = passedOn(frame.mark, from.host.lies);
    this.#piece[PIECE_HEADER_BYTES] = mark;
    if (!isTrue(mark)) traffic.falsePieceBytes += payloadBytes;
    end.handlers.frame(this.#piece.subarray(0, frame.length));
  }

  #close(end: End): void {
    if (end.closed) return;
    this.#end(end);
    this.#clock.after(0, () => end.handlers.closed("closed"));
    const { other } = end;
    if (!other || end.host.vanished || !this.#reaches(end.host, other.host)) return;
    this.#clock.after(end.delayMs, () => this.#lose(other, "closed by the other side"));
  }

  #loseInSilence(end: End): void {
    this.#clock.after(SILENCE_MS + end.host.random.between(0, 2000), () => {
      const { other } = end;
      if (!other || other.host.vanished || !this.#reaches(end.host, other.host)) this.#lose(end, "silence");
    });
  }

  #lose(end: End, reason: string): void {
    if (end.closed) return;
    this.#end(end);
    end.handlers.closed(reason);
  }

  #end(end: End): void {
    end.closed = true;
    end.host.ends.delete(end);
    // What has its turn goes out; the rest is not sent any more.
    end.frames.length = 0;
  }
}

import { PIECE_HEADER_BYTES } from "@shoal/protocol";
import type { PeerLink, PeerTransport } from "../../packages/core/src/mesh/peer-transport.ts";
import { type End, type EndAddress, type Frame, type Host, isSamePiece, meet, newEnd } from "./connection.ts";
import type { FarFrame } from "./far-frames.ts";
import { FROM_CDN, isTrue, passedOn } from "./marks.ts";
import { hindranceMs, type PathQuality, WIRE_OVERHEAD } from "./path.ts";
import type { Person } from "./population.ts";
import type { FarTurn, Post } from "./post.ts";
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
 * Viewers of other shards have a host here too, and nothing of theirs happens in it.
 */
export class Network {
  readonly traffic: Traffic = { pieceBytes: 0, sameIspPieceBytes: 0, falsePieceBytes: 0, controlBytes: 0, frames: [] };
  readonly #clock: VirtualTime;
  readonly #seed: number;
  readonly #quality: PathQuality;
  readonly #post: Post;
  readonly #hosts: readonly Host[];
  /** Every side of a connection that is in this shard, until it has ended. */
  readonly #ends = new Map<number, End>();
  /** Where a PIECE is put together again; decoders and store do not keep it. */
  readonly #piece = new Uint8Array(PIECE_HEADER_BYTES + 2 ** 16);
  readonly #arriveAlone = (end: End, frame: Frame): void => this.#arrive(end, frame);
  readonly #arriveInRow = (end: End, frames: readonly Frame[]): void => {
    for (const frame of frames) this.#arrive(end, frame);
  };
  #nextEnd = 0;
  /** An ISP that has no way to the others; null while all have. */
  #island: number | null = null;

  /** @param people all of the audience, each at the place of its number */
  constructor(clock: VirtualTime, seed: number, quality: PathQuality, people: readonly Person[], post: Post) {
    this.#clock = clock;
    this.#seed = seed;
    this.#quality = quality;
    this.#post = post;
    this.#hosts = people.map((person) => this.#newHost(person));
  }

  transport(person: Person): PeerTransport {
    const host = this.#host(person.number);
    return {
      connect: ({ initiator }, handlers) => {
        const end = newEnd(this.#nextEnd++, host, handlers);
        this.#ends.set(end.number, end);
        host.ends.add(end);
        if (initiator) this.#say(end, "offer");
        return this.#link(end);
      },
    };
  }

  /** These viewers' machines are gone: nothing is said, nothing answers, and others find out by the silence. */
  vanish(people: readonly Person[]): void {
    for (const { number } of people) {
      const host = this.#host(number);
      host.vanished = true;
      for (const end of [...host.ends]) this.#end(end);
    }
    this.#silence(({ across }) => across?.vanished === true);
  }

  /** What a viewer has sent to others since it came, on the wire. */
  sentBytes({ number }: Person): number {
    return this.#host(number).uplink.sentBytes;
  }

  /** @returns whether a viewer was told to lie */
  lies({ number }: Person): boolean {
    return this.#host(number).lies;
  }

  /** From now on this viewer sends bytes that are not the segment's. */
  corrupt({ number }: Person): void {
    this.#host(number).lies = true;
  }

  /** From now on an ISP has no way to the others; null to connect all again. */
  split(isp: number | null): void {
    this.#island = isp;
    this.#silence(({ host, across }) => across !== null && !this.#reaches(host, across));
  }

  /** A frame from another shard has left there. */
  farFrame(number: number, { leftMs, reachesMs, together, ...rest }: FarFrame): void {
    const end = this.#ends.get(number);
    if (!end) return;
    const frame: Frame = { ...rest, bytes: wireBytes(rest.length), continues: false };
    this.#come(end, frame, together, reachesMs, leftMs);
  }

  /** The other side of a connection, in another shard, opens or has closed it. */
  farTurn({ end: number, turn }: FarTurn): void {
    const end = this.#ends.get(number);
    if (!end) return;
    if (turn === "open") end.handlers.open();
    else this.#lose(end, "closed by the other side");
  }

  #newHost(person: Person): Host {
    return {
      person,
      uplink: new Uplink<Frame, End>(this.#clock, person.uplinkBps, (...left) => this.#left(...left)),
      random: new Random(`network ${this.#seed} ${person.number}`),
      ends: new Set(),
      downlinkFreeMs: 0,
      vanished: false,
      lies: false,
    };
  }

  #host(number: number): Host {
    const host = this.#hosts[number];
    if (!host) throw new Error(`There is no viewer ${number}.`);
    return host;
  }

  #reaches(a: Host, b: Host): boolean {
    const island = this.#island;
    return island === null || (a.person.isp === island) === (b.person.isp === island);
  }

  #say(end: End, type: "offer" | "answer"): void {
    const address: EndAddress = { shard: this.#post.shard, end: end.number, person: end.host.person.number };
    this.#clock.after(5, () => {
      if (!end.closed) end.handlers.signal(JSON.stringify([{ type, address }]));
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
    const [signal] = JSON.parse(data) as { type: string; address: EndAddress }[];
    if (!signal || end.closed) return;
    const { type, address } = signal;
    const isHere = address.shard === this.#post.shard;
    const other = isHere ? this.#ends.get(address.end) : address;
    if (!other) return;
    meet(end, this.#host(address.person), other);
    if (type === "offer") return this.#say(end, "answer");
    const openMs = OPENING_ROUND_TRIPS * 2 * end.delayMs;
    if (end.far) this.#turnFar(end.far, "open", openMs);
    this.#clock.after(openMs, () => {
      if (end.closed || end.other?.closed || !end.across || !this.#reaches(end.host, end.across)) return;
      end.handlers.open();
      end.other?.handlers.open();
    });
  }

  #turnFar({ shard, end }: EndAddress, turn: FarTurn["turn"], inMs: number): void {
    this.#post.sendTurn(shard, { end, turn, atMs: this.#clock.now() + inMs });
  }

  #send(end: End, header: Uint8Array<ArrayBuffer>, payload?: Uint8Array): boolean {
    if (end.closed || !end.across) return false;
    const bulk = payload !== undefined;
    const length = header.length + (payload?.length ?? 0);
    const mark = payload?.[0] ?? FROM_CDN;
    const continues = bulk && end.last !== null && isSamePiece(end.last, header);
    end.last = bulk ? header : null;
    end.queuedBytes += length;
    end.host.uplink.queue(end, { header, length, mark, bytes: wireBytes(length), bulk, continues });
    return true;
  }

  #left(end: End, frame: Frame, leftMs: number): void {
    const before = end.queuedBytes;
    const { across, other, far, delayMs } = end;
    if (!across || end.host.vanished || across.vanished) return;
    end.queuedBytes -= frame.length;
    const drained = before > DRAIN_BELOW_BYTES && end.queuedBytes <= DRAIN_BELOW_BYTES;
    if (drained) this.#clock.call(0, drain, end, null);
    if (!this.#reaches(end.host, across)) return;
    const nowMs = this.#clock.now();
    const followed = end.frames.length > 0;
    const reachesMs =
      leftMs + delayMs + hindranceMs(this.#quality, { bytes: frame.bytes, followed, delayMs }, end.host.random);
    const sinceMs = end.togetherMs ?? nowMs;
    const together = frame.bulk && end.frames[0]?.continues === true && nowMs - sinceMs < TOGETHER_MS;
    end.togetherMs = together ? sinceMs : null;
    if (far) return this.#post.sendFrame(far.shard, far.end, { ...frame, leftMs, reachesMs, together });
    if (other) this.#come(other, frame, together, reachesMs, nowMs);
  }

  /** A frame is handed over with those before it, unless another is to come with it. */
  #come(to: End, frame: Frame, together: boolean, reachesMs: number, sinceMs: number): void {
    const waiting = to.arrivingTogether;
    this.#reach(to, frame, reachesMs, sinceMs);
    if (together) return void waiting.push(frame);
    const inMs = to.lastArrivalMs - this.#clock.now();
    if (waiting.length === 0) return this.#clock.call(inMs, this.#arriveAlone, to, frame);
    waiting.push(frame);
    this.#clock.call(inMs, this.#arriveInRow, to, waiting.splice(0));
  }

  /** A frame takes its turn on the receiver's line: that is kept by bytes, not by arrival, for a far frame must not hold up a near one behind it. */
  #reach(end: End, { bytes }: Frame, reachesMs: number, sinceMs: number): void {
    const { host } = end;
    const downlinkMs = (bytes * 8000) / host.person.downlinkBps;
    end.lastArrivalMs = Math.max(reachesMs, end.lastArrivalMs, host.downlinkFreeMs) + downlinkMs;
    host.downlinkFreeMs = Math.max(sinceMs, host.downlinkFreeMs) + downlinkMs;
  }

  #arrive(end: End, frame: Frame): void {
    const { across, host } = end;
    if (end.closed || host.vanished || !across) return;
    const type = frame.header[0] ?? 0;
    const { traffic } = this;
    traffic.frames[type] = (traffic.frames[type] ?? 0) + 1;
    if (!frame.bulk) {
      traffic.controlBytes += frame.bytes;
      return end.handlers.frame(frame.header);
    }
    const payloadBytes = frame.length - PIECE_HEADER_BYTES;
    traffic.pieceBytes += payloadBytes;
    if (across.person.isp === host.person.isp) traffic.sameIspPieceBytes += payloadBytes;
    this.#piece.set(frame.header);
    // Whoever looks at a payload's mark looks at its first byte.
    const mark = passedOn(frame.mark, across.lies);
    this.#piece[PIECE_HEADER_BYTES] = mark;
    if (!isTrue(mark)) traffic.falsePieceBytes += payloadBytes;
    end.handlers.frame(this.#piece.subarray(0, frame.length));
  }

  #close(end: End): void {
    if (end.closed) return;
    this.#end(end);
    this.#clock.after(0, () => end.handlers.closed("closed"));
    const { across, other, far, delayMs } = end;
    if (!across || end.host.vanished || !this.#reaches(end.host, across)) return;
    if (far) this.#turnFar(far, "closed", delayMs);
    else if (other) this.#clock.after(delayMs, () => this.#lose(other, "closed by the other side"));
  }

  /** Ends whose other side is not heard any more notice so after a while. */
  #silence(isSilent: (end: End) => boolean): void {
    for (const end of this.#ends.values()) {
      if (!isSilent(end)) continue;
      this.#clock.after(SILENCE_MS + end.host.random.between(0, 2000), () => {
        if (end.across?.vanished || (end.across && !this.#reaches(end.host, end.across))) this.#lose(end, "silence");
      });
    }
  }

  #lose(end: End, reason: string): void {
    if (end.closed) return;
    this.#end(end);
    end.handlers.closed(reason);
  }

  #end(end: End): void {
    end.closed = true;
    end.host.ends.delete(end);
    this.#ends.delete(end.number);
    // What has its turn goes out; the rest is not sent any more.
    end.frames.length = 0;
  }
}

const drain = (end: End): void => {
  if (!end.closed) end.handlers.drain();
};

/** What a frame takes on the wire: what DTLS, SCTP, UDP and IP add to it, however short it is. */
const wireBytes = (length: number): number => Math.round(length * WIRE_OVERHEAD) + FRAME_OVERHEAD_BYTES;

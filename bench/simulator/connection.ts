import type { PeerLinkHandlers } from "../../packages/core/src/mesh/peer-transport.ts";
import type { Mark } from "./marks.ts";
import { delayMs } from "./path.ts";
import type { Person } from "./population.ts";
import type { Random } from "./random.ts";
import type { Outbox, Uplink } from "./uplink.ts";

/** A frame on its way: of a PIECE only the header, its payload is a length and a mark. */
export interface Frame {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly length: number;
  readonly mark: Mark;
  /** On the wire, with what DTLS, SCTP, UDP and IP add. */
  readonly bytes: number;
  readonly bulk: boolean;
  /** It goes on with the piece of the frame before it. */
  readonly continues: boolean;
}

/** Where a side of a connection is, for the other one. */
export interface EndAddress {
  readonly shard: number;
  /** Of all ends of its shard. */
  readonly end: number;
  /** Whose it is. */
  readonly person: number;
}

/** One side of a connection. */
export interface End extends Outbox<Frame> {
  readonly number: number;
  readonly host: Host;
  readonly handlers: PeerLinkHandlers;
  /** Whose the other side is, once that is known. */
  across: Host | null;
  /** The other side, where it is in this shard too. */
  other: End | null;
  /** The other side, where it is not. */
  far: EndAddress | null;
  /** One way, milliseconds. */
  delayMs: number;
  queuedBytes: number;
  lastArrivalMs: number;
  closed: boolean;
  /** The last frame queued, to tell whether the next one continues its piece. */
  last: Uint8Array | null;
  /** When the first of those left that arrive together with the next; null where none do. */
  togetherMs: number | null;
  /** Frames of one piece that are under way to this side and wait for others to be handed over with. */
  arrivingTogether: Frame[];
}

/** A viewer's access to the network. */
export interface Host {
  readonly person: Person;
  readonly uplink: Uplink<Frame, End>;
  readonly random: Random;
  readonly ends: Set<End>;
  downlinkFreeMs: number;
  /** Gone without a word. */
  vanished: boolean;
  lies: boolean;
}

/** Header bytes from the segment's id up to the piece's number: the same in all frames of a piece. */
const SAME_FROM = 1;
const SAME_TO = 15;

/** A connection's side that knows no other yet. */
export function newEnd(number: number, host: Host, handlers: PeerLinkHandlers): End {
  return {
    number,
    host,
    handlers,
    frames: [],
    leaving: null,
    leavesMs: 0,
    waits: false,
    across: null,
    other: null,
    far: null,
    delayMs: 0,
    queuedBytes: 0,
    lastArrivalMs: 0,
    closed: false,
    last: null,
    togetherMs: null,
    arrivingTogether: [],
  };
}

/** Tells a side whose the other one is. */
export function meet(end: End, across: Host, other: End | EndAddress): void {
  end.across = across;
  if ("host" in other) end.other = other;
  else end.far = other;
  end.delayMs = delayMs(end.host.person, across.person);
}

/** Whether two PIECE headers are of one piece. */
export function isSamePiece(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = SAME_FROM; at < SAME_TO; at++) if (a[at] !== b[at]) return false;
  return true;
}

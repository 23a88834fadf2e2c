import {
  type ByeReason,
  type Candidate,
  encodeFrame,
  type IceServer,
  type IncomingSignal,
  isOffer,
  type PeerId,
  REFUSED,
  type Signal,
  type SwarmId,
  swarmHash,
  WIRE_MAJOR,
  WIRE_MINOR,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";
import type { PeerLink, PeerTransport } from "./peer-transport.ts";

/** What the neighbourhood tells the mesh. */
export interface NeighbourhoodHandlers {
  signal(signal: Signal): void;
  /** HELLO was exchanged: the neighbour may be talked to. */
  joined(neighbour: Neighbour): void;
  /** Any frame after HELLO. */
  frame(neighbour: Neighbour, bytes: Uint8Array): void;
  drain(): void;
  left(neighbour: Neighbour): void;
}

interface Attempt {
  readonly number: number;
  readonly initiator: boolean;
  readonly link: PeerLink;
  /** Once it has greeted, the least useful neighbour gives way to it. */
  readonly replaces: boolean;
  readonly cancelTimeout: () => void;
}

/** A connection that has not greeted after this long is given up. */
const HANDSHAKE_MS = 15_000;
/** A convicted or incompatible viewer is not spoken to again for this long. */
const SHUNNED_MS = 600_000;
/** Neighbours of other ISPs are kept up to this share of all; beyond it they give way to nearer ones. */
const FAR_SHARE = 0.15;
/**
 * Where there are many, one introduction opens no more than this share of all connections: the rest is for those who come
 * later. Else each viewer would know those who came just before it and just after, and news would go hand to hand along the
 * line of all who came.
 */
const OPENED_SHARE = 0.5;
/** Further connections accepted from others beyond our own wish. */
const SPARE_PEERS = 4;
/**
 * Who has all neighbours it wants takes a new one in place of the least useful after so long, then each time after twice as
 * long, up to the bound: the first ones are of little use to each other, having come together.
 */
const FIRST_RENEWAL_MS = 20_000;
const RENEWAL_MS = 300_000;
/** A neighbour is not judged before it was there for so long. */
const PROBATION_MS = 15_000;

/** Whom we are connected to, and how connections come and go. */
export class Neighbourhood {
  readonly #transport: PeerTransport;
  readonly #clock: Clock;
  readonly #self: PeerId;
  readonly #swarm: string;
  readonly #hearsay: Hearsay;
  readonly #handlers: NeighbourhoodHandlers;
  readonly #attempts = new Map<PeerId, Attempt>();
  readonly #neighbours = new Map<PeerId, Neighbour>();
  /** {@link all}, until somebody comes or goes. */
  #greeted: readonly Neighbour[] | null = null;
  readonly #shunned = new Map<PeerId, number>();
  readonly #sameIsp = new Set<PeerId>();
  #iceServers: readonly IceServer[] = [];
  #maxPeers: number;
  #renewalMs = FIRST_RENEWAL_MS;
  #renewAtMs: number;
  #renews = false;
  /** Begins elsewhere for each viewer: an attempt's number tells it from the other side's own. */
  #nextAttempt: number;
  #closed = false;

  constructor(
    rim: { readonly transport: PeerTransport; readonly clock: Clock; readonly hearsay: Hearsay },
    self: { readonly peerId: PeerId; readonly swarm: SwarmId; readonly maxPeers: number },
    handlers: NeighbourhoodHandlers,
  ) {
    this.#transport = rim.transport;
    this.#clock = rim.clock;
    this.#hearsay = rim.hearsay;
    this.#self = self.peerId;
    this.#nextAttempt = Number.parseInt(self.peerId.slice(0, 7), 16);
    // Not all at one time.
    this.#renewAtMs = rim.clock.now() + FIRST_RENEWAL_MS * (1 + (this.#nextAttempt % 64) / 64);
    this.#swarm = swarmHash(self.swarm);
    this.#maxPeers = self.maxPeers;
    this.#handlers = handlers;
  }

  /** Neighbours that have greeted. */
  get all(): readonly Neighbour[] {
    this.#greeted ??= [...this.#neighbours.values()].filter(({ greeted }) => greeted);
    return this.#greeted;
  }

  /** Connections we would still open, or would open in place of one to another ISP. */
  get freeSlots(): number {
    const far = [...this.#attempts.keys()].filter((peerId) => !this.#sameIsp.has(peerId)).length;
    const kept = this.#attempts.size - Math.max(0, far - this.#farPeers);
    return Math.max(0, this.#maxPeers - kept);
  }

  get #farPeers(): number {
    return Math.ceil(this.#maxPeers * FAR_SHARE);
  }

  configure(settings: { readonly iceServers?: readonly IceServer[]; readonly maxPeers?: number }): void {
    this.#iceServers = settings.iceServers ?? this.#iceServers;
    this.#maxPeers = settings.maxPeers ?? this.#maxPeers;
  }

  /** Time to take somebody new in place of the least useful: true once each time. The next one named is taken. */
  wantsAnother(): boolean {
    const nowMs = this.#clock.now();
    if (this.freeSlots > 0 || nowMs < this.#renewAtMs) return false;
    this.#renewalMs = Math.min(RENEWAL_MS, 2 * this.#renewalMs);
    this.#renewAtMs = nowMs + this.#renewalMs;
    this.#renews = true;
    return true;
  }

  /** Tries to connect to viewers the tracker named, best first, as far as there is room. */
  introduce(candidates: readonly Candidate[]): void {
    // In a small swarm everybody knows everybody.
    let left = candidates.length < this.#maxPeers ? candidates.length : Math.ceil(this.#maxPeers * OPENED_SHARE);
    for (const { peerId, sameIsp } of candidates) {
      if (sameIsp) this.#sameIsp.add(peerId);
      if (left === 0) continue;
      if (peerId === this.#self || this.#attempts.has(peerId) || this.#isShunned(peerId)) continue;
      const isFull = this.#attempts.size >= this.#maxPeers;
      const replaces = isFull && sameIsp && this.#renews;
      if (isFull && !replaces && !(sameIsp && this.#makeRoom())) continue;
      if (replaces) this.#renews = false;
      this.#connect(peerId, this.#nextAttempt++, true, replaces);
      left--;
    }
  }

  /** Signalling from another viewer. Where both offered at once, the offer of the smaller id stands. */
  signal({ peerId, attempt, data, sameIsp }: IncomingSignal): void {
    if (this.#closed || this.#isShunned(peerId)) return;
    const known = this.#attempts.get(peerId);
    if (known?.number === attempt) return data === REFUSED ? this.#fail(peerId, known.link) : known.link.signal(data);
    if (!isOffer(data)) return;
    if (known?.initiator && !this.#neighbours.has(peerId) && this.#self < peerId) return;
    if (known) this.drop(peerId, "replaced");
    if (this.#attempts.size >= this.#maxPeers + SPARE_PEERS && !(sameIsp && this.#makeRoom())) {
      return this.#handlers.signal({ peerId, attempt, data: REFUSED });
    }
    if (sameIsp) this.#sameIsp.add(peerId);
    this.#connect(peerId, attempt, false).link.signal(data);
  }

  /** Says goodbye and closes. */
  drop(peerId: PeerId, reason: ByeReason): void {
    const attempt = this.#attempts.get(peerId);
    if (!attempt) return;
    if (reason === "convicted" || reason === "incompatible" || reason === "other-swarm") {
      this.#shunned.set(peerId, this.#clock.now() + SHUNNED_MS);
    }
    attempt.link.send(encodeFrame({ type: "bye", reason }));
    this.#forget(peerId, attempt.link);
    attempt.link.close();
  }

  close(): void {
    this.#closed = true;
    for (const peerId of [...this.#attempts.keys()]) this.drop(peerId, "leaving");
  }

  /** Gives up the least useful neighbour of another ISP, unless few are left: no ISP may become an island. */
  #makeRoom(): boolean {
    const far = this.all.filter(({ peerId }) => !this.#sameIsp.has(peerId));
    if (far.length <= this.#farPeers) return false;
    const usefulness = (neighbour: Neighbour): number => neighbour.receivedBytes + neighbour.sentBytes;
    const [worst] = far.sort((a, b) => usefulness(a) - usefulness(b));
    if (worst) this.drop(worst.peerId, "replaced");
    return worst !== undefined;
  }

  #isShunned(peerId: PeerId): boolean {
    return (this.#shunned.get(peerId) ?? 0) > this.#clock.now();
  }

  /** One that was there long enough to be judged gives way to somebody new. */
  #replaceWorst(): void {
    const nowMs = this.#clock.now();
    const judged = this.all.filter((one) => this.#sameIsp.has(one.peerId) && nowMs - one.greetedMs > PROBATION_MS);
    const usefulness = (one: Neighbour): number => (one.receivedBytes + one.sentBytes) / (nowMs - one.greetedMs);
    const [worst] = judged.sort((a, b) => usefulness(a) - usefulness(b));
    if (worst) this.drop(worst.peerId, "replaced");
  }

  #connect(peerId: PeerId, number: number, initiator: boolean, replaces: boolean = false): Attempt {
    const { link } = this.#open(peerId, number, initiator);
    const attempt: Attempt = {
      number,
      initiator,
      link,
      replaces,
      cancelTimeout: this.#clock.after(HANDSHAKE_MS, () => {
        if (!this.#neighbours.get(peerId)?.greeted) this.#fail(peerId, link);
      }),
    };
    this.#attempts.set(peerId, attempt);
    return attempt;
  }

  #open(peerId: PeerId, attempt: number, initiator: boolean): { readonly link: PeerLink } {
    const opened: { link: PeerLink } = {
      link: this.#transport.connect(
        { peerId, initiator, iceServers: this.#iceServers },
        {
          signal: (data) => this.#handlers.signal({ peerId, attempt, data }),
          open: () => this.#greet(peerId, opened.link),
          frame: (bytes) => this.#frame(peerId, opened.link, bytes),
          drain: () => this.#handlers.drain(),
          closed: () => this.#forget(peerId, opened.link),
        },
      ),
    };
    return opened;
  }

  #greet(peerId: PeerId, link: PeerLink): void {
    if (this.#attempts.get(peerId)?.link !== link) return link.close();
    this.#neighbours.set(peerId, new Neighbour(peerId, link, this.#sameIsp.has(peerId), this.#hearsay));
    const hello = { major: WIRE_MAJOR, minor: WIRE_MINOR, features: 0, peerId: this.#self, swarm: this.#swarm };
    link.send(encodeFrame({ type: "hello", ...hello }));
  }

  #frame(peerId: PeerId, link: PeerLink, bytes: Uint8Array): void {
    const neighbour = this.#neighbours.get(peerId);
    if (!neighbour || neighbour.link !== link) return;
    if (neighbour.greeted) return this.#handlers.frame(neighbour, bytes);
    const hello = neighbour.read(bytes);
    if (hello?.type !== "hello" || hello.peerId !== peerId) return this.#fail(peerId, link);
    if (hello.major !== WIRE_MAJOR) return this.drop(peerId, "incompatible");
    if (hello.swarm !== this.#swarm) return this.drop(peerId, "other-swarm");
    neighbour.greeted = true;
    neighbour.greetedMs = this.#clock.now();
    this.#greeted = null;
    this.#handlers.joined(neighbour);
    if (this.#attempts.get(peerId)?.replaces) this.#replaceWorst();
  }

  #fail(peerId: PeerId, link: PeerLink): void {
    this.#forget(peerId, link);
    link.close();
  }

  #forget(peerId: PeerId, link: PeerLink): void {
    const attempt = this.#attempts.get(peerId);
    if (attempt?.link !== link) return;
    attempt.cancelTimeout();
    this.#attempts.delete(peerId);
    const neighbour = this.#neighbours.get(peerId);
    this.#neighbours.delete(peerId);
    this.#greeted = null;
    neighbour?.forgetAll();
    if (neighbour?.greeted) this.#handlers.left(neighbour);
  }
}

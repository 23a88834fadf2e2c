import {
  type Candidate,
  isOffer,
  type Join,
  type PeerId,
  REFUSED,
  readCandidates,
  readIncomingSignal,
  readMove,
  readRefusal,
  readWelcome,
  TRACKER_EVENTS,
  TRACKER_VERSION,
  type TrackId,
} from "@shoal/protocol";
import { WebSocket } from "ws";
import { type Admission, askAdmission } from "./ask-admission.ts";
import type { CrowdStats } from "./crowd-stats.ts";
import { type LoadStream, renditionAt, tracksOf } from "./load-stream.ts";
import { type Profile, waitMs } from "./profile.ts";
import { pooledSignalText, type SdpForm } from "./sdp.ts";
import { Timers } from "./timers.ts";
import { connectPacket, eventPacket, type Packet, PONG, readPacket } from "./wire.ts";

/** What all viewers of a crowd have in common. */
export interface CrowdWorld {
  readonly url: string;
  readonly contentId: string;
  readonly stream: LoadStream;
  readonly profile: Profile;
  readonly sdp: SdpForm;
  /** Asks `GET /v1/assign` before each connection, as the browser does. */
  readonly assigns: boolean;
  /** A lost or refused connection is tried again within this time, doubled at most to four times it, milliseconds. */
  readonly reconnectMs: number;
  readonly stats: CrowdStats;
  readonly random: () => number;
  readonly token: string | null;
  /** The neighbours of a viewer that is gone lose it: their data channels would tell them. */
  gone(peerId: PeerId, neighbours: Iterable<PeerId>): void;
}

/** What one viewer is. */
export interface ViewerTraits {
  readonly peerId: PeerId;
  readonly rendition: TrackId;
  readonly localAddress: string | null;
  readonly isp: string | null;
}

const MAX_PEERS = 20;
const JOIN_WITHIN_MS = 30_000;
const ANSWER_WITHIN_MS = 15_000;
const SLOTS_MS = 3_000;
/** One viewer of the real protocol: joins, calls some candidates, answers calls, tells changes, moves when asked. */
export class LoadViewer {
  readonly peerId: PeerId;
  readonly neighbours = new Set<PeerId>();
  readonly #world: CrowdWorld;
  readonly #traits: ViewerTraits;
  readonly #calls = new Map<PeerId, { readonly attempt: number; readonly sinceMs: number }>();
  readonly #timers = new Timers();
  #rendition: TrackId;
  #socket: WebSocket | null = null;
  #next: WebSocket | null = null;
  #isJoined = false;
  #welcomedBefore = false;
  #failures = 0;
  #cancelDial: () => void = () => {};
  #attempt: number;
  #toldSlots = MAX_PEERS;
  #slotsDue = false;
  #closed = false;
  #shard = "";

  constructor(world: CrowdWorld, traits: ViewerTraits) {
    this.#world = world;
    this.#traits = traits;
    this.peerId = traits.peerId;
    this.#rendition = traits.rendition;
    this.#attempt = Math.floor(world.random() * 0x0fff_ffff);
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** The shard key that it was assigned last. */
  get shard(): string {
    return this.#shard;
  }

  start(): void {
    this.#world.stats.started++;
    void this.#dial();
    const { profile } = this.#world;
    this.#repeat(profile.switchEveryMs, () => {
      const { stream, random } = this.#world;
      this.#rendition = renditionAt(stream, Math.floor(random() * stream.renditions.length));
      this.#status({ tracks: tracksOf(stream, this.#rendition) });
    });
    this.#repeat(profile.statusEveryMs, () => this.#tellSlots());
    this.#repeat(profile.wantEveryMs, () => {
      const count = Math.min(8, MAX_PEERS - this.neighbours.size);
      if (count > 0) this.#send(TRACKER_EVENTS.wantCandidates, { count });
    });
    this.#repeat(profile.reportEveryMs, () => {
      this.#world.stats.counts.reports++;
      this.#send(TRACKER_EVENTS.report, { cdnBytes: 1_250_000, peerBytes: 11_250_000, uploadedBytes: 9_800_000 });
    });
  }

  /** Leaves for good. May be called twice. */
  stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.clear();
    this.#away();
    this.#world.stats.counts.leaves++;
    this.#world.stats.started--;
    this.#world.gone(this.peerId, this.neighbours);
    for (const socket of [this.#socket, this.#next]) socket?.terminate();
  }

  /** A neighbour's data channel closed. */
  lose(peerId: PeerId): void {
    if (this.neighbours.delete(peerId)) this.#slotsLater();
  }

  async #dial(): Promise<void> {
    const beganMs = performance.now();
    const { url, contentId, assigns, stats } = this.#world;
    let admission: Admission = { ok: true, url, shard: contentId, token: null, delayMs: 0 };
    if (assigns) admission = await askAdmission(url, contentId, this.#traits, stats);
    if (this.#closed) return;
    if (!admission.ok) {
      stats.refused(admission.code);
      return this.#retry(admission.retryAfterMs);
    }
    this.#shard = admission.shard;
    const connect = (): void => this.#connect(admission, beganMs + admission.delayMs);
    if (admission.delayMs > 0) this.#later(admission.delayMs, connect);
    else connect();
  }

  #connect(admission: Admission & { readonly ok: true }, beganMs: number): void {
    const query = new URLSearchParams({ EIO: "4", transport: "websocket", sk: admission.shard });
    if (admission.token !== null) query.set("at", admission.token);
    if (this.#traits.isp !== null) query.set("isp", this.#traits.isp);
    const target = `${admission.url.replace(/^http/, "ws")}/socket.io/?${query}`;
    const { localAddress } = this.#traits;
    const socket = new WebSocket(target, {
      perMessageDeflate: false,
      handshakeTimeout: JOIN_WITHIN_MS,
      ...(localAddress === null ? {} : { localAddress }),
    });
    if (this.#socket === null) this.#socket = socket;
    else this.#next = socket;
    let status = "connection-failed";
    let refusal: number | null = null;
    socket.on("unexpected-response", (_, answer) => {
      status = `http-${answer.statusCode}`;
      socket.terminate();
    });
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => {
      const { counts } = this.#world.stats;
      const packet = readPacket(data.toString("utf8"));
      this.#world.stats.carried("down", packet.type === "event" ? packet.name : packet.type, data.length);
      if (packet.type === "open") this.#write(socket, connectPacket(this.#join()), "join");
      else if (packet.type === "ping") this.#write(socket, PONG, "pong");
      else if (packet.type === "refused") {
        const read = readRefusal(packet.data);
        status = read.ok ? read.value.message.code : "refused";
        refusal = read.ok ? read.value.message.retryAfterMs : null;
        socket.close();
      } else if (packet.type === "disconnected" || packet.type === "close") socket.close();
      else if (packet.type === "event") this.#event(socket, packet, data.length, beganMs);
      else if (packet.type === "noise") counts.noise++;
    });
    socket.on("close", () => this.#closedBy(socket, status, refusal));
  }

  #closedBy(socket: WebSocket, status: string, retryAfterMs: number | null): void {
    const wasNext = this.#next === socket;
    if (wasNext) this.#next = null;
    else if (this.#socket !== socket) return;
    const wasJoined = !wasNext && this.isJoined;
    if (!wasNext) {
      this.#socket = null;
      this.#away();
    }
    if (this.#closed) return;
    if (wasJoined) this.#world.stats.counts.lost++;
    else this.#world.stats.refused(status);
    this.#retry(retryAfterMs ?? 0);
  }

  #retry(atLeastMs: number): void {
    const { random, reconnectMs } = this.#world;
    const waitedMs = random() * reconnectMs * 2 ** Math.min(this.#failures++, 2);
    this.#later(Math.max(atLeastMs, waitedMs), () => void this.#dial());
  }

  /** One connection is planned at a time, as in the client: a later word counts. */
  #later(delayMs: number, act: () => void): void {
    this.#cancelDial();
    this.#cancelDial = this.#timers.after(delayMs, act);
  }

  #event(socket: WebSocket, packet: Packet & { readonly type: "event" }, bytes: number, beganMs: number): void {
    const { stats, profile, random } = this.#world;
    if (packet.name === TRACKER_EVENTS.welcome) {
      const read = readWelcome(packet.payload);
      if (!read.ok) {
        stats.counts.noise++;
        return;
      }
      stats.join.add(performance.now() - beganMs);
      this.#welcomed(socket, read.value.message.candidates);
    } else if (packet.name === TRACKER_EVENTS.candidates) {
      const read = readCandidates(packet.payload);
      if (read.ok) this.#call(read.value.message.candidates, profile.pairs);
    } else if (packet.name === TRACKER_EVENTS.signal) {
      const read = readIncomingSignal(packet.payload);
      if (read.ok) this.#signal(read.value.message);
    } else if (packet.name === TRACKER_EVENTS.seal) stats.counts.sealBytes += bytes;
    else if (packet.name === TRACKER_EVENTS.config) stats.counts.configs++;
    else if (packet.name === TRACKER_EVENTS.move) {
      const read = readMove(packet.payload);
      if (!read.ok) return;
      stats.counts.moves++;
      this.#later(random() * read.value.message.withinMs, () => void this.#dial());
    }
  }

  #welcomed(socket: WebSocket, candidates: readonly Candidate[]): void {
    const { stats, profile } = this.#world;
    const before = this.#socket;
    if (this.#next === socket) {
      this.#next = null;
      this.#socket = socket;
      before?.close();
    }
    this.#failures = 0;
    stats.counts.joins++;
    if (this.#welcomedBefore) stats.counts.rejoins++;
    this.#welcomedBefore = true;
    stats.counts.candidates += candidates.length;
    stats.counts.sameIspCandidates += candidates.filter(({ sameIsp }) => sameIsp).length;
    if (!this.#isJoined) stats.joinedBy(1);
    this.#isJoined = true;
    this.#call(candidates, profile.pairs);
  }

  #away(): void {
    if (!this.#isJoined) return;
    this.#world.stats.joinedBy(-1);
    this.#isJoined = false;
  }

  #call(candidates: readonly Candidate[], most: number): void {
    const { random, sdp, stats } = this.#world;
    const offers: object[] = [];
    let left = Math.min(most, MAX_PEERS - this.neighbours.size - this.#calls.size);
    for (const { peerId } of candidates) {
      if (left <= 0) break;
      if (this.neighbours.has(peerId) || this.#calls.has(peerId)) continue;
      left--;
      const attempt = this.#attempt++;
      this.#calls.set(peerId, { attempt, sinceMs: performance.now() });
      stats.counts.signals++;
      offers.push({ peerId, attempt, data: pooledSignalText("offer", sdp, random) });
      this.#timers.after(ANSWER_WITHIN_MS, () => {
        if (this.#calls.get(peerId)?.attempt !== attempt) return;
        this.#calls.delete(peerId);
        stats.counts.pairsFailed++;
      });
    }
    // As the client sends what comes up together.
    if (offers.length > 0) this.#send(TRACKER_EVENTS.signal, ...offers);
  }

  #signal({
    peerId,
    attempt,
    data,
  }: {
    readonly peerId: PeerId;
    readonly attempt: number;
    readonly data: string;
  }): void {
    const { random, sdp, stats } = this.#world;
    const call = this.#calls.get(peerId);
    if (call?.attempt === attempt) {
      this.#calls.delete(peerId);
      if (data === REFUSED) return;
      stats.pair.add(performance.now() - call.sinceMs);
      stats.counts.pairs++;
      this.neighbours.add(peerId);
      return this.#slotsLater();
    }
    if (!isOffer(data) || (call && this.peerId < peerId)) return;
    const isFull = this.neighbours.size >= MAX_PEERS + 4;
    if (!isFull) {
      this.#calls.delete(peerId);
      this.neighbours.add(peerId);
      this.#slotsLater();
    }
    stats.counts.signals++;
    this.#send(TRACKER_EVENTS.signal, {
      peerId,
      attempt,
      data: isFull ? REFUSED : pooledSignalText("answer", sdp, random),
    });
  }

  #slotsLater(): void {
    if (this.#slotsDue) return;
    this.#slotsDue = true;
    this.#timers.after(SLOTS_MS, () => {
      this.#slotsDue = false;
      this.#tellSlots();
    });
  }

  #tellSlots(): void {
    const freeSlots = Math.max(0, MAX_PEERS - this.neighbours.size);
    if (freeSlots === this.#toldSlots) return;
    this.#toldSlots = freeSlots;
    this.#status({ freeSlots });
  }

  #status(update: object): void {
    this.#world.stats.counts.statuses++;
    this.#send(TRACKER_EVENTS.status, update);
  }

  #join(): Join {
    const { contentId, stream, token } = this.#world;
    const freeSlots = Math.max(0, MAX_PEERS - this.neighbours.size);
    this.#toldSlots = freeSlots;
    return {
      version: TRACKER_VERSION,
      peerId: this.peerId,
      contentId,
      token,
      manifest: stream.manifest,
      tracks: tracksOf(stream, this.#rendition),
      device: "desktop",
      sharing: "full",
      freeSlots,
      nat: "unknown",
      playheadMs: null,
      sdk: "load",
    };
  }

  #send(name: string, ...payloads: object[]): void {
    if (this.isJoined && this.#socket) this.#write(this.#socket, eventPacket(name, ...payloads), name);
  }

  #write(socket: WebSocket, text: string, what: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    this.#world.stats.carried("up", what, Buffer.byteLength(text));
    socket.send(text);
  }

  #repeat(meanMs: number, act: () => void): void {
    this.#timers.after(waitMs(meanMs, this.#world.random), () => {
      if (this.isJoined) act();
      this.#repeat(meanMs, act);
    });
  }
}

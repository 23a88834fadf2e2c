import type { SharingMode } from "@shoal/protocol";
import { type PeerId, peerIdFrom, type SegmentId, type TrackId } from "@shoal/protocol/names";
import { type Clock, systemClock } from "./clock.ts";
import { Emitter } from "./emitter.ts";
import { holdLoad } from "./held-load.ts";
import { loadMesh } from "./load-mesh.ts";
import type { Policy } from "./mesh/device.ts";
import type { ProbeVerdict } from "./mesh/probe.ts";
import type { Content, MeshFactory, MeshModule, MeshPart } from "./mesh-part.ts";
import { type ResolvedOptions, resolveOptions, type ShoalOptions } from "./options.ts";
import type { LoadRequest, LoadTask, Player, Segment, TrackTimeline } from "./player.ts";
import { Counters, type NeighbourStats, type SegmentStats, type SharingOffReason, type ShoalStats } from "./stats.ts";
import { SDK_VERSION } from "./version.ts";

/** What happens in a session, each with its arguments. */
export type ShoalEvents = {
  /** A segment reached the player. */
  segment: [stats: SegmentStats];
  /** Neighbours came or went. */
  neighbours: [neighbours: readonly NeighbourStats[]];
  /** Sharing works (`null`), or why not. */
  sharing: [offReason: SharingOffReason | null];
  /** A viewer's bytes or seal were refuted; it was dropped. */
  convicted: [peerId: PeerId];
};

/** What a session is given of the world; a browser's by default. */
export interface SessionRim {
  readonly clock: Clock;
  readonly loadMesh: (meshUrl: string | null) => Promise<MeshModule>;
  /** 16 random bytes. */
  readonly randomBytes: () => Uint8Array;
  /** Why this page cannot share whatever the options say; null if it can. */
  readonly unable: () => SharingOffReason | null;
  /** Calls back when the page is left; the returned function forgets it. */
  readonly onLeave: (callback: () => void) => () => void;
}

/** On demand, with so much in the buffer, a load waits for the mesh; while there is so much, and so long after the picture moved. */
const ENOUGH_MS = 6_000;
const LEAST_MS = 4_000;
const MESH_WAIT_MS = 5_000;
/** Segments that reached the player before the mesh stood, kept for it. */
const EARLY_SEGMENTS = 6;

/** The rim of a browser. Touches its globals when called, not when imported. */
export const browserRim: SessionRim = {
  clock: systemClock,
  loadMesh,
  randomBytes: () => crypto.getRandomValues(new Uint8Array(16)),
  unable: () => {
    if (typeof RTCPeerConnection === "undefined" || typeof WebSocket === "undefined") return "no-webrtc";
    return typeof crypto === "object" && crypto.subtle ? null : "insecure-page";
  },
  onLeave: (callback) => {
    addEventListener("pagehide", callback);
    return () => removeEventListener("pagehide", callback);
  },
};

/**
 * One viewer's share in one playback: what a plug-in talks to. Until the mesh stands, and whenever it cannot help, a
 * load is the player's own CDN request and nothing else.
 */
export class Session extends Emitter<ShoalEvents> {
  readonly #player: Player;
  readonly #rim: SessionRim;
  readonly #options: ResolvedOptions;
  readonly #counters = new Counters();
  readonly #timelines = new Map<TrackId, TrackTimeline>();
  readonly #early = new Map<SegmentId, { segment: Segment; bytes: ArrayBuffer; durationMs: number }>();
  #sharing: SharingMode;
  #paused = false;
  #content: Content | null = null;
  #peerId: PeerId | null = null;
  #activeTracks: readonly TrackId[] = [];
  #mesh: MeshPart | null = null;
  #meshState: "unloaded" | "loading" | "failed" = "unloaded";
  /** What came of trying data channels; null before. */
  #verdict: ProbeVerdict | null = null;
  #policy: Policy | null = null;
  #forgetDevice: (() => void) | null = null;
  #forgetLeave: () => void = () => {};
  /** When the picture first moved, on the session's clock. */
  #playedMs = Number.POSITIVE_INFINITY;
  #closed = false;
  #lastReason: SharingOffReason | null | undefined;

  /** @throws ShoalError `bad-option` */
  constructor(player: Player, options: ShoalOptions, rim: SessionRim = browserRim) {
    super();
    this.#player = player;
    this.#options = resolveOptions(options);
    this.#rim = rim;
    this.#sharing = this.#options.sharing;
  }

  get options(): ResolvedOptions {
    return this.#options;
  }

  get sharing(): SharingMode {
    return this.#sharing;
  }

  /** Changes what is given and taken, at any time: consent. */
  setSharing(sharing: SharingMode): void {
    this.#sharing = sharing;
    this.#policyChanged();
  }

  #policyChanged(): void {
    const bound = this.#policy?.sharing ?? "full";
    if (this.#sharing === "off" || bound === "off") this.#closeMesh();
    else if (this.#mesh) this.#mesh.setSharing(this.#sharing, bound);
    else this.#openMesh();
    this.#changed();
  }

  /** Plays from the CDN alone until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#closeMesh();
    this.#changed();
  }

  resume(): void {
    this.#paused = false;
    this.#openMesh();
    this.#changed();
  }

  /** Says what is played; null: nothing. Another content leaves the old swarm. */
  setContent(content: Content | null): void {
    if (this.#content?.contentId === content?.contentId && this.#content?.manifest === content?.manifest) return;
    this.#closeMesh();
    this.#timelines.clear();
    this.#early.clear();
    this.#content = content;
    this.#openMesh();
  }

  /** Says that the picture moves: only now may anything load that playback does not need. */
  playbackStarted(): void {
    if (this.#playedMs < Number.POSITIVE_INFINITY) return;
    this.#playedMs = this.#rim.clock.now();
    this.#openMesh();
  }

  setTimeline(timeline: TrackTimeline): void {
    this.#timelines.set(timeline.trackId, timeline);
    this.#mesh?.setTimeline(timeline);
  }

  setActiveTracks(tracks: readonly TrackId[]): void {
    if (tracks.join() === this.#activeTracks.join()) return;
    this.#activeTracks = tracks;
    this.#mesh?.setActiveTracks(tracks);
  }

  /** Gets a segment for the player. Whatever fails here ends in the load's own CDN request. */
  load(request: LoadRequest): LoadTask {
    const counted = this.#counted(request);
    const open = (): LoadTask => {
      const shared = this.#options.shareable(request.segment) ? this.#mesh?.load(counted) : null;
      return shared ?? this.#loadPlain(counted);
    };
    const { clock } = this.#rim;
    const untilMs = Math.min(clock.now(), this.#playedMs) + MESH_WAIT_MS;
    const { segment } = request;
    if (clock.now() >= untilMs || !this.#mayWait(segment, ENOUGH_MS)) return open();
    return holdLoad(clock, () => clock.now() >= untilMs || !this.#mayWait(segment, LEAST_MS), open);
  }

  /**
   * On demand a player would fill its whole buffer from the CDN before the mesh stands: with enough in it, a load waits for
   * the first neighbour. A segment that may not be shared never does.
   */
  #mayWait(segment: Segment, leastMs: number): boolean {
    const reason = this.#offReason();
    const isComing = reason === "starting" || reason === "tracker-away" || reason === null;
    if (!isComing || this.#mesh?.neighbours.length || this.#timelines.get(segment.trackId)?.live !== false)
      return false;
    return this.#player.state().bufferedAheadMs >= leastMs && this.#options.shareable(segment);
  }

  /** Takes a segment that the player loaded past the engine, as low latency is: it is counted, and shared. */
  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void {
    const cdnBytes = bytes.byteLength;
    this.#counters.cdnBytes += cdnBytes;
    this.#counters.addSegment({ id: segment.id, cdnBytes, peerBytes: 0, loadMs: durationMs, rescued: false });
    this.#keep(segment, bytes, durationMs);
  }

  stats(): ShoalStats {
    const { cdnBytes, peerBytes, uploadedBytes, wastedBytes, rescues, convicted, skippedMessages } = this.#counters;
    return {
      sharing: this.#sharing,
      offReason: this.#offReason(),
      peerId: this.#peerId,
      session: this.#mesh?.session ?? null,
      policy: this.#policyNow(),
      cdnBytes,
      peerBytes,
      uploadedBytes,
      uplinkBps: this.#mesh?.uplinkBps ?? null,
      wastedBytes,
      rescues,
      convicted,
      skippedMessages,
      storedBytes: this.#mesh?.storedBytes ?? 0,
      neighbours: this.#mesh?.neighbours ?? [],
      segments: [...this.#counters.segments],
    };
  }

  /** The device's rules, and what remote configuration makes of them. */
  #policyNow(): Policy | null {
    const sharing = this.#mesh?.remoteSharing;
    const policy = this.#policy;
    if (!sharing || !policy) return policy;
    return { ...policy, sharing, rules: [...policy.rules, { rule: "remote", effect: sharing, reason: "config" }] };
  }

  /** Leaves the swarm. May be called twice; loads go on plainly. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forgetDevice?.();
    this.#closeMesh();
    this.#early.clear();
    this.clear();
  }

  #counted(request: LoadRequest): LoadRequest {
    const { sink } = request;
    return {
      ...request,
      sink: {
        progress: (loaded, total) => sink.progress(loaded, total),
        failed: (outcome) => sink.failed(outcome),
        done: (bytes, delivery) => {
          sink.done(bytes, delivery);
          const stats = this.#counters.segments[this.#counters.segments.length - 1];
          if (stats) this.emit("segment", stats);
        },
      },
    };
  }

  #loadPlain(request: LoadRequest): LoadTask {
    const { segment, sink } = request;
    const begunMs = this.#rim.clock.now();
    let ended = false;
    let loadedBytes = 0;
    // What was brought before a request was given up was paid for all the same.
    const lose = (): void => {
      this.#counters.cdnBytes += loadedBytes;
      this.#counters.wastedBytes += loadedBytes;
    };
    const task = request.fetch({
      progress: (loaded, total) => {
        loadedBytes = loaded;
        if (!ended) sink.progress(loaded, total);
      },
      done: (answer) => {
        if (ended) return;
        ended = true;
        const durationMs = this.#rim.clock.now() - begunMs;
        const cdnBytes = answer.bytes.byteLength;
        this.#counters.cdnBytes += cdnBytes;
        this.#counters.addSegment({ id: segment.id, cdnBytes, peerBytes: 0, loadMs: durationMs, rescued: false });
        if (answer.whole) this.#keep(segment, answer.bytes, durationMs);
        sink.done(answer.bytes, { cdnBytes, peerBytes: 0, rateBps: null, plain: true });
      },
      failed: (outcome) => {
        if (ended) return;
        ended = true;
        lose();
        sink.failed(outcome);
      },
    });
    return {
      abort: () => {
        if (ended) return;
        ended = true;
        lose();
        task.abort();
      },
    };
  }

  /** Keeps a copy of what came plainly: for the mesh if it stands, else for when it will. */
  #keep(segment: Segment, bytes: ArrayBuffer, durationMs: number): void {
    if (this.#offReason() === "option" || !this.#options.shareable(segment)) return;
    if (this.#mesh) {
      this.#mesh.adopt(segment, bytes.slice(0), durationMs);
    }
    if (this.#mesh?.offReason !== null && this.#options.tracker) {
      this.#early.set(segment.id, { segment, bytes: bytes.slice(0), durationMs });
      for (const id of this.#early.keys()) {
        if (this.#early.size <= EARLY_SEGMENTS) break;
        this.#early.delete(id);
      }
    }
  }

  #offReason(): SharingOffReason | null {
    if (this.#sharing === "off") return "option";
    if (this.#paused) return "paused";
    if (!this.#options.tracker) return "no-tracker";
    const unable = this.#rim.unable();
    if (unable && !(unable === "insecure-page" && this.#options.integrity === "none")) return unable;
    if (this.#policy?.sharing === "off") return "policy";
    if (this.#meshState === "failed") return "mesh-failed";
    if (this.#verdict === "fails") return "no-data-channel";
    if (this.#verdict === "crashed") return "crashed-before";
    return this.#mesh ? this.#mesh.offReason : "starting";
  }

  #openMesh(): void {
    const reason = this.#offReason();
    if (
      this.#closed ||
      this.#playedMs === Number.POSITIVE_INFINITY ||
      !this.#content ||
      this.#mesh ||
      this.#meshState === "loading"
    )
      return;
    if (reason !== "starting" && reason !== "mesh-failed") return;
    this.#meshState = "loading";
    this.#rim
      .loadMesh(this.#options.meshUrl)
      .then(async ({ createMesh, probe, watchPolicy }) => {
        if (this.#closed) return;
        this.#forgetDevice ??= watchPolicy(this.#options, (policy) => {
          this.#policy = policy;
          if (this.#verdict) this.#policyChanged();
        });
        this.#verdict ??= await probe(this.#rim.onLeave);
        this.#startMesh(createMesh);
      })
      .catch((error: unknown) => {
        console.warn("shoal: the mesh part could not be loaded; playing from the CDN alone", error);
        this.#meshState = "failed";
        this.#changed();
      });
  }

  #startMesh(createMesh: MeshFactory): void {
    this.#meshState = "unloaded";
    const content = this.#content;
    const trackerUrl = this.#options.tracker;
    if (this.#closed || this.#mesh || !content || !trackerUrl || !this.#policy) return;
    if (this.#offReason() !== "starting") return this.#changed();
    if (this.#options.integrity === "none")
      console.warn("shoal: integrity is off; peers are believed without any check");
    this.#peerId ??= peerIdFrom(this.#rim.randomBytes());
    const identity = { ...content, peerId: this.#peerId, trackerUrl, sdk: SDK_VERSION };
    const { device, memoryBytes, maxPeers, piecesInFlight, sharing: bound } = this.#policy;
    const limits = { device, memoryBytes, maxPeers, piecesInFlight };
    const options = { ...this.#options, ...limits, sharing: this.#sharing };
    this.#mesh = createMesh(
      this.#player,
      { options, bound, identity, counters: this.#counters },
      {
        changed: () => this.#changed(),
        convicted: (peerId) => this.emit("convicted", peerId),
      },
    );
    // Neighbours that are told need not find out.
    this.#forgetLeave = this.#rim.onLeave(() => this.#closeMesh());
    for (const timeline of this.#timelines.values()) this.#mesh.setTimeline(timeline);
    this.#mesh.setActiveTracks(this.#activeTracks);
    this.#changed();
  }

  #closeMesh(): void {
    this.#forgetLeave();
    this.#mesh?.close();
    this.#mesh = null;
  }

  #changed(): void {
    if (this.#closed) return;
    const reason = this.#offReason();
    if (this.#mesh && reason === null && this.#early.size > 0) {
      for (const { segment, bytes, durationMs } of this.#early.values()) this.#mesh.adopt(segment, bytes, durationMs);
      this.#early.clear();
    }
    if (reason !== this.#lastReason) {
      this.#lastReason = reason;
      this.emit("sharing", reason);
    }
    this.emit("neighbours", this.#mesh?.neighbours ?? []);
  }
}

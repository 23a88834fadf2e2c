import {
  type Join,
  leastSharing,
  NO_REMOTE_CONFIG,
  type PeerId,
  type Refusal,
  type RemoteConfig,
  type SealingState,
  type SegmentId,
  type SharingMode,
  type SwarmId,
  TRACKER_VERSION,
  type TrackId,
  type Welcome,
} from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import { DEFAULTS, type ResolvedOptions } from "../options.ts";
import type { LoadRequest, LoadTask, Player, Segment, TrackTimeline } from "../player.ts";
import type { Counters, NeighbourStats, SharingOffReason } from "../stats.ts";
import type { DeviceLimits } from "./device.ts";
import type { Integrity } from "./integrity.ts";
import { NatWatch } from "./nat.ts";
import type { PeerTransport } from "./peer-transport.ts";
import type { SegmentStore } from "./segment-store.ts";
import { Swarm } from "./swarm.ts";
import { Timeline } from "./timeline.ts";
import type { TrackerConnector, TrackerLink } from "./tracker-link.ts";

/** What the mesh is given of the world. */
export interface MeshRim {
  readonly clock: Clock;
  readonly transport: PeerTransport;
  readonly tracker: TrackerConnector;
  readonly store: SegmentStore;
  readonly integrity: Integrity;
  /** Asks the sealer for a seal while the tracker is away; null if it has none. */
  readonly fetchSeal: (url: string) => Promise<Uint8Array | null>;
}

/** Who we are, and what we play. */
export interface MeshIdentity {
  readonly peerId: PeerId;
  readonly contentId: string;
  /** Path of the manifest, without query. */
  readonly manifest: string;
  readonly trackerUrl: string;
  readonly sdk: string;
}

/** What the mesh tells the session. */
export interface MeshHandlers {
  /** `offReason`, the neighbours or the tracker's state changed. */
  changed(): void;
  convicted(peerId: PeerId): void;
}

const REPORT_MS = 10_000;
/** Reports grow rarer while little changes: 10 s, 20 s, 40 s, up to so many times 10 s apart. */
const MOST_QUIET_TICKS = 30;
const SLOTS_MS = 3_000;
/** A playhead that is elsewhere than playing on would have brought it by this much is told anew. */
const DRIFT_MS = 30_000;
/** Of so many that the tracker names one is likely to be new to us. */
const RENEWAL_CANDIDATES = 2;
/** Candidates asked for at one time. */
const MOST_WANTED = 8;
/** How long the sealer may take to answer while the tracker is away. */
const SEAL_WAIT_MS = 5_000;

/** The part of a session that shares: it keeps the tracker, and through it the swarm. */
export class Mesh {
  readonly #rim: MeshRim;
  readonly #player: Player;
  readonly #options: ResolvedOptions & DeviceLimits;
  readonly #identity: MeshIdentity;
  readonly #counters: Counters;
  readonly #handlers: MeshHandlers;
  readonly #timeline = new Timeline();
  readonly #tracker: TrackerLink;
  readonly #askedSeals = new Set<SegmentId>();
  #swarm: Swarm | null = null;
  #welcome: Welcome | null = null;
  #sharing: SharingMode;
  #bound: SharingMode;
  #remote: RemoteConfig = NO_REMOTE_CONFIG;
  #sealing: SealingState = "on";
  #refusal: Refusal | null = null;
  #serverAheadMs = 0;
  #cancelReport: () => void = () => {};
  #cancelSlots: (() => void) | null = null;
  #told = "";
  readonly #nat = new NatWatch();
  #reported = { cdnBytes: 0, peerBytes: 0, uploadedBytes: 0, wastedBytes: 0, rescues: 0 };
  #convicted: PeerId[] = [];
  #freeBefore = 0;
  #quietTicks = 0;
  #dueTick = 0;

  constructor(
    rim: MeshRim,
    player: Player,
    settings: {
      readonly options: ResolvedOptions & DeviceLimits;
      readonly bound: SharingMode;
      readonly identity: MeshIdentity;
      readonly counters: Counters;
    },
    handlers: MeshHandlers,
  ) {
    this.#rim = rim;
    this.#player = player;
    this.#options = settings.options;
    this.#identity = settings.identity;
    this.#counters = settings.counters;
    this.#handlers = handlers;
    this.#sharing = settings.options.sharing;
    this.#bound = settings.bound;
    this.#tracker = rim.tracker(settings.identity.trackerUrl, () => this.#join(), {
      welcome: (welcome) => this.#welcomed(welcome),
      candidates: (candidates) => this.#swarm?.introduce(candidates),
      signal: (signal) => this.#swarm?.signal(signal),
      seal: (seal) => this.#swarm?.offerSeal(seal),
      sealKeys: (sealKeys) => this.#swarm?.configure({ sealKeys }),
      sealing: (state) => this.#sealingChanged(state),
      config: (config) => this.#configure(config),
      roster: (update) => this.#swarm?.setRoster(update),
      away: (refusal) => {
        this.#refusal = refusal;
        handlers.changed();
      },
      skipped: () => {
        settings.counters.skippedMessages++;
      },
    });
    this.#reportLater();
  }

  /** Why nothing is shared; null while sharing works. */
  get offReason(): SharingOffReason | null {
    if (this.#remote.sharing === "off") return "remote";
    if (!this.#swarm) return this.#refusal ? "tracker-refused" : this.#welcome ? "starting" : "tracker-away";
    return this.#options.integrity === "none" || this.#sealing === "on" ? null : this.#sealing;
  }

  get neighbours(): readonly NeighbourStats[] {
    return this.#swarm?.neighbours ?? [];
  }

  get remoteSharing(): SharingMode | null {
    return this.#remote.sharing;
  }

  get uplinkBps(): number | null {
    return this.#swarm?.uplinkBps ?? null;
  }

  get session(): string | null {
    return this.#welcome?.session ?? null;
  }

  get storedBytes(): number {
    return this.#swarm?.storedBytes ?? 0;
  }

  /** Gets a segment, or returns null if the mesh has no part in it now. */
  load(request: LoadRequest): LoadTask | null {
    if (!this.#swarm || this.#swarm.paused(request.segment.trackId)) return null;
    return this.#swarm.load(request);
  }

  /** Takes a segment that reached the player without the mesh. */
  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void {
    this.#swarm?.adopt(segment, bytes, durationMs);
  }

  setTimeline(timeline: TrackTimeline): void {
    const change = this.#timeline.update(timeline, this.#rim.clock.wallMs() + this.#serverAheadMs);
    this.#swarm?.timelineChanged(timeline.trackId, change);
  }

  setActiveTracks(tracks: readonly TrackId[]): void {
    this.#timeline.active = new Set(tracks);
    this.#swarm?.statusChanged();
    this.#tracker.status({ tracks: tracks.slice(0, 8) });
  }

  setSharing(sharing: SharingMode, bound: SharingMode): void {
    this.#sharing = sharing;
    this.#bound = bound;
    this.#tracker.status({ sharing: this.#effectiveSharing });
    this.#swarm?.statusChanged();
  }

  close(): void {
    this.#cancelReport();
    this.#cancelSlots?.();
    this.#report();
    this.#swarm?.close();
    this.#swarm = null;
    this.#tracker.close();
  }

  get #effectiveSharing(): SharingMode {
    return leastSharing(this.#sharing, this.#remote.sharing ?? this.#bound);
  }

  #join(): Join {
    const { peerId, contentId, manifest, sdk } = this.#identity;
    return {
      version: TRACKER_VERSION,
      peerId,
      contentId,
      token: this.#options.token,
      manifest,
      tracks: [...this.#timeline.active].slice(0, 8),
      device: this.#options.device,
      sharing: this.#effectiveSharing,
      freeSlots: this.#swarm?.freeSlots ?? this.#options.maxPeers,
      nat: this.#nat.class,
      playheadMs: this.#playheadMs,
      sdk,
    };
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#refusal = null;
    this.#serverAheadMs = welcome.nowMs - this.#rim.clock.wallMs();
    this.#sealing = welcome.sealing;
    this.#configure(welcome.config);
    this.#swarm?.clearRosters();
    this.#swarm?.introduce(welcome.candidates);
    this.#handlers.changed();
  }

  #configure(config: RemoteConfig): void {
    this.#remote = config;
    if (config.sharing === "off") {
      this.#swarm?.close();
      this.#swarm = null;
    } else if (this.#welcome) {
      const reopened = this.#openSwarm(this.#welcome);
      this.#swarm?.configure({
        iceServers: this.#options.iceServers ?? this.#welcome.iceServers,
        sealKeys: [...this.#options.sealKeys, ...this.#welcome.sealKeys],
        maxPeers: config.maxPeers ?? this.#options.maxPeers,
        memoryBytes: config.memoryBytes ?? this.#options.memoryBytes,
      });
      if (!reopened) this.#swarm?.statusChanged();
    }
    this.#handlers.changed();
  }

  /** True if there was none yet. */
  #openSwarm(welcome: Welcome): boolean {
    if (this.#swarm) return false;
    const options = this.#options;
    this.#swarm = new Swarm(
      { ...this.#rim, player: this.#player, timeline: this.#timeline, counters: this.#counters },
      {
        swarm: welcome.swarm as SwarmId,
        self: this.#identity.peerId,
        maxPeers: options.maxPeers,
        memoryBytes: options.memoryBytes,
        piecesInFlight: options.piecesInFlight,
        upload: { bytesPerSecond: options.maxUploadBytesPerSecond, share: options.maxUploadShare },
        trustsPeers: options.integrity === "none",
        shareable: options.shareable === DEFAULTS.shareable ? null : options.shareable,
      },
      {
        signal: (signal) => {
          this.#nat.saw(signal);
          this.#tellLater();
          this.#tracker.signal(signal);
        },
        news: (trackId, segmentId) => this.#tracker.news({ trackId, segmentId }),
        unsealed: (id, trackId) => this.#askSealer(id, trackId),
        convicted: (peerId) => {
          this.#convicted.push(peerId);
          this.#dueTick = 0;
          this.#handlers.convicted(peerId);
        },
        neighboursChanged: () => {
          this.#tellLater();
          this.#handlers.changed();
        },
        uploads: () => this.#effectiveSharing === "full",
        sealing: () => this.#sealing === "on",
      },
    );
    return true;
  }

  #sealingChanged(state: SealingState): void {
    this.#sealing = state;
    this.#swarm?.replan();
    this.#handlers.changed();
  }

  /** While the tracker is away, whoever holds a segment first asks the sealer itself. */
  #askSealer(id: SegmentId, trackId: TrackId): void {
    const { sealUrl, swarm } = this.#welcome ?? { sealUrl: null, swarm: "" };
    if (!sealUrl || this.#tracker.connected || this.#askedSeals.has(id)) return;
    if (this.#askedSeals.size > 1000) this.#askedSeals.clear();
    this.#askedSeals.add(id);
    const query = `swarm=${encodeURIComponent(swarm)}&segment=${id}&track=${trackId}&wait=${SEAL_WAIT_MS}`;
    this.#rim.fetchSeal(`${sealUrl}${sealUrl.includes("?") ? "&" : "?"}${query}`).then(
      (bytes) => bytes && this.#swarm?.offerSealBytes(bytes),
      () => this.#askedSeals.delete(id),
    );
  }

  #reportLater(): void {
    this.#cancelReport = this.#rim.clock.after(REPORT_MS, () => {
      this.#swarm?.measured();
      const free = this.#swarm?.freeSlots ?? 0;
      // Whoever lost a neighbour is in need of another soon; else what is said changes ever less.
      if (free > this.#freeBefore) this.#quietTicks = this.#dueTick = 0;
      this.#freeBefore = free;
      if (++this.#quietTicks >= this.#dueTick) {
        this.#dueTick = this.#quietTicks + Math.min(MOST_QUIET_TICKS, this.#quietTicks);
        this.#report();
        if (free > 0) this.#tracker.wantCandidates(Math.min(MOST_WANTED, free));
      }
      if (this.#swarm?.wantsAnother()) this.#tracker.wantCandidates(RENEWAL_CANDIDATES);
      this.#tellLater();
      this.#reportLater();
    });
  }

  /** On demand: where we are, milliseconds; live, everybody is at the same place. */
  get #playheadMs(): number | null {
    const [track] = this.#timeline.active;
    if (!track || this.#timeline.track(track)?.live !== false) return null;
    return Math.max(0, Math.round(this.#player.state().playheadMs));
  }

  /** Free slots change with each neighbour; the tracker hears of them now and then, and of a seek. */
  #tellLater(): void {
    this.#cancelSlots ??= this.#rim.clock.after(SLOTS_MS, () => {
      this.#cancelSlots = null;
      const status = { freeSlots: this.#swarm?.freeSlots ?? 0, nat: this.#nat.class };
      const playheadMs = this.#playheadMs;
      const window = playheadMs === null ? "" : Math.round((playheadMs - this.#rim.clock.now()) / DRIFT_MS);
      const told = `${status.freeSlots}${status.nat}${window}`;
      if (told === this.#told) return;
      this.#told = told;
      this.#tracker.status(playheadMs === null ? status : { ...status, playheadMs });
    });
  }

  #report(): void {
    const { cdnBytes, peerBytes, uploadedBytes, wastedBytes, rescues } = this.#counters;
    const now = { cdnBytes, peerBytes, uploadedBytes, wastedBytes, rescues };
    const before = this.#reported;
    if (!this.#tracker.connected || (now.cdnBytes === before.cdnBytes && now.peerBytes === before.peerBytes)) return;
    this.#reported = now;
    this.#tracker.report({
      cdnBytes: now.cdnBytes - before.cdnBytes,
      peerBytes: now.peerBytes - before.peerBytes,
      uploadedBytes: now.uploadedBytes - before.uploadedBytes,
      wastedBytes: now.wastedBytes - before.wastedBytes,
      stalls: 0,
      rescues: now.rescues - before.rescues,
      uplinkBps: Math.round(this.uplinkBps ?? 0),
      convicted: this.#convicted.splice(0, 32),
    });
  }
}

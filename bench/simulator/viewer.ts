import { type MeshFactory, type MeshModule, Session, type ShoalStats } from "@shoal/core";
import { desktopMesh } from "@shoal/core/testing";
import type { PeerId, SegmentId, TrackId } from "@shoal/protocol";
import { Mesh } from "../../packages/core/src/mesh/mesh.ts";
import type { Cdn, FetchCause } from "./cdn.ts";
import { LengthsStore, PlayedBytes } from "./lengths-store.ts";
import type { Network } from "./network.ts";
import { type FinishedLoad, LivePlayer } from "./player.ts";
import type { Person } from "./population.ts";
import type { SealerAccess } from "./sealer-access.ts";
import { simulatedIntegrity } from "./seals.ts";
import type { LiveStream } from "./stream.ts";
import type { TrackerAccess } from "./tracker-access.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What viewers meet each other through. */
export interface SharedWorld {
  readonly network: Network;
  readonly tracker: TrackerAccess;
  readonly sealer: SealerAccess;
}

/** What viewers share. Without a mesh they play from the CDN alone: the control. */
export interface World {
  readonly clock: VirtualTime;
  readonly stream: LiveStream;
  readonly cdn: Cdn;
  /** How far behind live players begin. */
  readonly latencyMs: number;
  readonly mesh: SharedWorld | null;
}

/** What became of one viewer. */
export interface ViewerRecord {
  readonly person: Person;
  readonly gone: boolean;
  readonly stats: Pick<ShoalStats, "peerBytes" | "wastedBytes" | "uploadedBytes" | "convicted" | "neighbours">;
  readonly loads: readonly FinishedLoad[];
  readonly playedBytes: number;
  readonly startupMs: number | null;
  readonly stalls: number;
  readonly stallMs: number;
  readonly skipped: number;
  readonly failures: number;
  readonly abandoned: number;
  /** Played although a liar made them up. */
  readonly wrongBytes: number;
  /** Played out of its store, by the number of viewers they passed through. */
  readonly bytesByHops: readonly number[];
  /** Whom it took for liars. */
  readonly convicted: readonly PeerId[];
  /** It was told to lie itself. */
  readonly lied: boolean;
}

/** From the first picture until the mesh's code has loaded, milliseconds. */
const MESH_LOADS_MS = 300;
const PLAYLIST_MS = 40;
/** Below this much buffer the planner waits for nobody. */
const LOW_BUFFER_MS = 3_000;

/** One viewer: a simple player in front of a real session, with the real mesh behind it. */
export class Viewer {
  readonly person: Person;
  readonly player: LivePlayer;
  readonly #played = new PlayedBytes();
  readonly #convicted: PeerId[] = [];
  readonly #session: Session;
  #store: LengthsStore | null = null;
  #rescues = 0;
  #counters: { readonly rescues: number } = { rescues: 0 };
  #gone = false;

  constructor(world: World, person: Person) {
    const { clock, stream, cdn, latencyMs, mesh } = world;
    this.person = person;
    const session = new Session(
      {
        state: () => this.player.state(),
        fetch: (segment, range, sink) => cdn.fetch({ person, cause: this.#cause() }, segment, range, sink),
        refresh: (trackId) => this.#refresh(world, trackId),
      },
      {
        tracker: "https://tracker.example",
        sharing: !mesh ? "off" : person.uploads ? "full" : "download",
        ...person.device,
      },
      {
        clock,
        loadMesh: () => this.#loadMesh(world),
        randomBytes: () => Uint8Array.from(person.peerId.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
        unable: () => null,
        onLeave: () => () => {},
      },
    );
    this.#session = session;
    session.on("convicted", (peerId) => this.#convicted.push(peerId));
    session.setContent({ contentId: "live", manifest: "/live/master.m3u8" });
    this.player = new LivePlayer(clock, stream, latencyMs, {
      load: (request) => session.load(request),
      fetch: (segment, sink) => cdn.fetch({ person, cause: this.#cause() }, segment, null, sink),
      listed: (level) => session.setTimeline(stream.timeline(level)),
      plays: (level) => session.setActiveTracks([stream.rendition(level).trackId]),
      started: () => session.playbackStarted(),
    });
  }

  /** True once the viewer has left. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Bytes that it holds of a segment. */
  holds(id: SegmentId): number {
    return this.#store?.bytesOf(id) ?? 0;
  }

  /** @param lied it was told to lie */
  record(lied: boolean): ViewerRecord {
    const { person, player, gone } = this;
    const { loads, playedBytes, startupMs, stalls, stallMs, skipped, failures, abandoned } = player;
    const { peerBytes, wastedBytes, uploadedBytes, convicted, neighbours } = this.#session.stats();
    return {
      person,
      gone,
      stats: { peerBytes, wastedBytes, uploadedBytes, convicted, neighbours },
      loads,
      playedBytes,
      startupMs,
      stalls,
      stallMs,
      skipped,
      failures,
      abandoned,
      wrongBytes: this.#played.wrong,
      bytesByHops: this.#played.byHops,
      convicted: this.#convicted,
      lied,
    };
  }

  /** The page is closed. Where the machine is off at once, the network and the tracker must be told before. */
  stop(): void {
    this.#gone = true;
    this.player.stop();
    this.#session.close();
  }

  /** The playlist, once, for the engine alone. */
  #refresh({ clock, stream }: World, trackId: TrackId): void {
    clock.after(PLAYLIST_MS, () => {
      const rendition = stream.renditions.find((one) => one.trackId === trackId);
      if (rendition && !this.#gone) this.#session.setTimeline(stream.timeline(rendition.level));
    });
  }

  /** Why the CDN is asked now, as far as it shows from outside. */
  #cause(): FetchCause {
    const { offReason, neighbours } = this.#session.stats();
    if (offReason !== null) return "no-mesh";
    if (this.#counters.rescues > this.#rescues) {
      this.#rescues = this.#counters.rescues;
      return "rescue";
    }
    if (neighbours.length === 0) return "alone";
    return this.player.state().bufferedAheadMs < LOW_BUFFER_MS ? "low-buffer" : "elected";
  }

  #loadMesh({ clock, mesh }: World): Promise<MeshModule> {
    const { person } = this;
    const createMesh: MeshFactory = (player, settings, handlers) => {
      if (!mesh) throw new Error("The control has no mesh to load.");
      this.#counters = settings.counters;
      const store = new LengthsStore(this.#played);
      this.#store = store;
      return new Mesh(
        {
          clock,
          transport: mesh.network.transport(person),
          tracker: mesh.tracker.connector(person.peerId, person.isp),
          store,
          integrity: simulatedIntegrity,
          fetchSeal: (url) => mesh.sealer.get(person.peerId, url),
        },
        player,
        settings,
        handlers,
      );
    };
    return new Promise((resolve) => {
      clock.after(MESH_LOADS_MS, () => resolve(desktopMesh(createMesh)));
    });
  }
}

import type { PeerId } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import { Mesh } from "../mesh/mesh.ts";
import type { PeerTransport } from "../mesh/peer-transport.ts";
import { MemoryStore } from "../mesh/segment-store.ts";
import type { TrackerConnector } from "../mesh/tracker-link.ts";
import type { MeshFactory } from "../mesh-part.ts";
import type { ShoalOptions } from "../options.ts";
import type { LoadTask, Player, Segment } from "../player.ts";
import { Session } from "../session.ts";
import { desktopMesh } from "./desktop.ts";
import type { MemoryCdn } from "./memory-cdn.ts";
import { testIntegrity } from "./test-sealer.ts";
import type { TestStream } from "./test-stream.ts";

/** A viewer's world in a test. */
export interface ScriptedWorld {
  readonly clock: Clock;
  readonly stream: TestStream;
  readonly cdn: MemoryCdn;
  readonly transport: PeerTransport;
  readonly tracker: TrackerConnector;
}

const POLL_STEP_MS = 100;
const PLAYLIST_MS = 40;
const MAX_BUFFER_MS = 30_000;
const RETRY_MS = 1000;

/**
 * A viewer whose player behaves as hls.js does: it reads its playlist once a segment, loads one segment after the other
 * three target durations behind the edge, plays, stalls when the buffer is dry, and retries what failed.
 */
export class ScriptedViewer {
  readonly session: Session;
  readonly peerId: PeerId;
  stallMs = 0;
  readonly wrongSegments: number[] = [];
  readonly failures: unknown[] = [];
  readonly played: number[] = [];
  readonly #world: ScriptedWorld;
  readonly #stream: TestStream;
  #next = -1;
  #bufferEndMs = 0;
  #playheadMs = 0;
  #started = false;
  #listed: readonly Segment[] = [];
  #loading: LoadTask | null = null;
  #cancel: (() => void)[] = [];

  constructor(world: ScriptedWorld, peerId: PeerId, options: ShoalOptions = {}) {
    this.#world = world;
    this.#stream = world.stream;
    this.peerId = peerId;
    const player: Player = {
      state: () => ({
        playheadMs: this.#playheadMs,
        bufferedAheadMs: Math.max(0, this.#bufferEndMs - this.#playheadMs),
        playbackRate: 1,
      }),
      fetch: (segment, range, sink) => world.cdn.fetch(peerId, segment, range, sink),
      refresh: () => {
        this.#cancel[3] = world.clock.after(PLAYLIST_MS, () => this.session.setTimeline(this.#stream.timeline()));
      },
    };
    const createMesh: MeshFactory = (meshPlayer, settings, handlers) =>
      new Mesh(
        {
          clock: world.clock,
          transport: world.transport,
          tracker: world.tracker,
          store: new MemoryStore(),
          integrity: testIntegrity,
          fetchSeal: async () => null,
        },
        meshPlayer,
        settings,
        handlers,
      );
    const bytes = Uint8Array.from(peerId.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    this.session = new Session(
      player,
      { tracker: "https://tracker.example", ...options },
      {
        clock: world.clock,
        loadMesh: async () => desktopMesh(createMesh),
        randomBytes: () => bytes,
        unable: () => null,
        onLeave: () => () => {},
      },
    );
  }

  get bufferedMs(): number {
    return this.#bufferEndMs - this.#playheadMs;
  }

  /** Begins to play; its playlist is read every segment duration from now. */
  start(): this {
    const { trackId, segmentMs } = this.#stream;
    this.session.setContent({ contentId: "test", manifest: "/live/master.m3u8" });
    this.session.setActiveTracks([trackId]);
    this.#poll(segmentMs);
    this.#tick();
    return this;
  }

  stop(): void {
    for (const cancel of this.#cancel) cancel?.();
    this.#loading?.abort();
    this.session.close();
  }

  /** Jumps; the buffer is thrown away. */
  seek(toMs: number): void {
    this.#loading?.abort();
    this.#loading = null;
    this.#next = Math.floor(toMs / this.#stream.segmentMs);
    this.#playheadMs = toMs;
    this.#bufferEndMs = toMs;
  }

  #poll(everyMs: number): void {
    const timeline = this.#stream.timeline();
    this.#listed = timeline.segments;
    this.session.setTimeline(timeline);
    if (this.#next < 0) {
      const { newest, live, segmentMs } = this.#stream;
      this.#next = live ? Math.max(0, newest - 2) : 0;
      this.#playheadMs = this.#next * segmentMs;
      this.#bufferEndMs = this.#playheadMs;
    }
    this.#cancel[0] = this.#world.clock.after(everyMs, () => this.#poll(everyMs));
    this.#loadNext();
  }

  #tick(): void {
    this.#cancel[1] = this.#world.clock.after(POLL_STEP_MS, () => this.#tick());
    if (!this.#started) return;
    const step = Math.min(POLL_STEP_MS, this.#bufferEndMs - this.#playheadMs);
    this.#playheadMs += step;
    this.stallMs += POLL_STEP_MS - step;
    this.#loadNext();
  }

  #loadNext(): void {
    if (this.#loading || this.bufferedMs > MAX_BUFFER_MS) return;
    const number = this.#next;
    const segment = this.#listed.find(({ id }) => id === this.#stream.id(number));
    if (!segment) return;
    let ended = false;
    const task = this.session.load({
      segment,
      fetch: (sink) => this.#world.cdn.fetch(this.peerId, segment, null, sink),
      sink: {
        progress: () => {},
        done: (bytes) => {
          ended = true;
          this.#loading = null;
          this.#append(number, new Uint8Array(bytes));
        },
        failed: (outcome) => {
          ended = true;
          this.failures.push(outcome);
          this.#cancel[2] = this.#world.clock.after(RETRY_MS, () => {
            this.#loading = null;
            this.#loadNext();
          });
        },
      },
    });
    if (!ended) this.#loading = task;
  }

  #append(number: number, bytes: Uint8Array): void {
    const expected = this.#stream.bytes(number);
    if (!isSame(bytes, expected)) this.wrongSegments.push(number);
    this.played.push(number);
    this.#next = number + 1;
    this.#bufferEndMs = this.#next * this.#stream.segmentMs;
    this.#started = true;
    this.session.playbackStarted();
    this.#loadNext();
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

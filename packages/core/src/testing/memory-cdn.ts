import type { ByteRange } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { CdnSink, CdnTask, Segment } from "../player.ts";

/** How a {@link MemoryCdn} answers. */
export type CdnMood = "well" | "503" | "hang";

/** A CDN inside one process: bytes by URL, latency and rate, counted. */
export class MemoryCdn {
  readonly #clock: Clock;
  readonly #bytesOf: (url: string) => Uint8Array<ArrayBuffer> | null;
  readonly latencyMs: number;
  readonly bps: number;
  /** Changes how answers go from now on, and per viewer. */
  mood: (viewer: string) => CdnMood = () => "well";
  /** The server ignores `Range`. */
  ignoresRanges = false;
  servedBytes = 0;
  readonly servedBytesOf = new Map<string, number>();

  constructor(
    clock: Clock,
    bytesOf: (url: string) => Uint8Array<ArrayBuffer> | null,
    { latencyMs = 20, bps = 20_000_000 }: { readonly latencyMs?: number; readonly bps?: number } = {},
  ) {
    this.#clock = clock;
    this.#bytesOf = bytesOf;
    this.latencyMs = latencyMs;
    this.bps = bps;
  }

  fetch(viewer: string, segment: Segment, range: ByteRange | null, sink: CdnSink): CdnTask {
    const mood = this.mood(viewer);
    if (mood === "hang") return { abort: () => {} };
    const whole = this.#bytesOf(segment.url);
    if (mood === "503" || !whole) {
      return {
        abort: this.#clock.after(this.latencyMs, () => sink.failed({ code: whole ? 503 : 404 }, whole !== null)),
      };
    }
    const part = range && !this.ignoresRanges;
    const bytes = part ? whole.slice(range.first, range.last + 1) : whole.slice();
    const durationMs = this.latencyMs + (bytes.length * 8000) / this.bps;
    const cancel = this.#clock.after(durationMs, () => {
      this.servedBytes += bytes.length;
      this.servedBytesOf.set(segment.url, (this.servedBytesOf.get(segment.url) ?? 0) + bytes.length);
      const answer = { bytes: bytes.buffer, offset: part ? range.first : 0, totalBytes: whole.length, whole: !part };
      sink.done(answer);
    });
    return { abort: cancel };
  }
}

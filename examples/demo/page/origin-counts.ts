/** What the page reads of the origin's counts. */
export interface OriginCounts {
  readonly sealer: { readonly bytes: number };
  readonly segments: Readonly<
    Record<string, { readonly sizeBytes: number; readonly viewers: { readonly bytes: number } }>
  >;
}

const OVER_MS = 60_000;
/** A segment's copies are all taken by then. */
const SETTLED_MS = 6_000;

/** How often segments leave the CDN, as the origin counts it. */
export class OriginWatch {
  readonly #firstSeenMs = new Map<string, number>();

  /** Copies per segment that viewers took of the segments of the last minute; null before there are any. */
  copiesPerSegment({ segments }: OriginCounts, nowMs: number): number | null {
    let copies = 0;
    let count = 0;
    for (const [path, { sizeBytes, viewers }] of Object.entries(segments)) {
      if (viewers.bytes === 0) continue;
      const firstMs = this.#firstSeenMs.get(path) ?? nowMs;
      this.#firstSeenMs.set(path, firstMs);
      if (nowMs - firstMs < SETTLED_MS || nowMs - firstMs > OVER_MS) continue;
      copies += viewers.bytes / sizeBytes;
      count++;
    }
    return count === 0 ? null : copies / count;
  }

  clear(): void {
    this.#firstSeenMs.clear();
  }
}

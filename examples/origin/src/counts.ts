/** Requests, and bytes of their bodies that were written to the socket. */
export interface Count {
  readonly requests: number;
  readonly bytes: number;
}

/** What an origin has served since it began or was reset. Control endpoints and pages are not counted. */
export interface OriginCounts {
  /** Media segments to all but the sealer. */
  readonly viewers: Count;
  /** Media segments to the sealer. */
  readonly sealer: Count;
  /** Playlists, MPDs, init segments and keys, whoever asked. */
  readonly manifests: Count;
  /** By path of a media segment. Copies of it that viewers took = `viewers.bytes / sizeBytes`. */
  readonly segments: Readonly<Record<string, SegmentCount>>;
  /** Media segments by the name that a viewer gave; those without a name are not here. */
  readonly clients: Readonly<Record<string, Count>>;
}

/** What was served of one media segment. */
export interface SegmentCount {
  /** The segment's whole size as last served. */
  readonly sizeBytes: number;
  readonly viewers: Count;
  readonly sealer: Count;
}

/** To whom a body goes and what it is. */
export interface CountedResponse {
  readonly path: string;
  readonly kind: "media" | "manifest";
  readonly sealer: boolean;
  readonly sizeBytes: number;
  readonly client?: string | undefined;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends Count ? Writable<Count> : T[Key] };

const zero = (): { requests: number; bytes: number } => ({ requests: 0, bytes: 0 });

/** Counts what an origin serves. */
export class Counter {
  #viewers = zero();
  #sealer = zero();
  #manifests = zero();
  #segments = new Map<string, Writable<SegmentCount>>();
  #clients = new Map<string, Writable<Count>>();

  request(response: CountedResponse): void {
    for (const count of this.#countsOf(response)) count.requests += 1;
  }

  bytes(response: CountedResponse, bytes: number): void {
    for (const count of this.#countsOf(response)) count.bytes += bytes;
  }

  /** A copy that later counting does not change. */
  snapshot(): OriginCounts {
    const totals = [this.#viewers, this.#sealer, this.#manifests];
    const [viewers = zero(), sealer = zero(), manifests = zero()] = totals.map((count) => ({ ...count }));
    const segments = Object.fromEntries([...this.#segments].map(([path, count]) => [path, structuredClone(count)]));
    const clients = Object.fromEntries([...this.#clients].map(([name, count]) => [name, { ...count }]));
    return { viewers, sealer, manifests, segments, clients };
  }

  reset(): void {
    this.#viewers = zero();
    this.#sealer = zero();
    this.#manifests = zero();
    this.#segments.clear();
    this.#clients.clear();
  }

  #countsOf({ path, kind, sealer, sizeBytes, client }: CountedResponse): readonly Writable<Count>[] {
    if (kind === "manifest") return [this.#manifests];
    const segment = this.#segments.get(path) ?? { sizeBytes, viewers: zero(), sealer: zero() };
    segment.sizeBytes = sizeBytes;
    this.#segments.set(path, segment);
    if (sealer) return [this.#sealer, segment.sealer];
    return [this.#viewers, segment.viewers, ...(client === undefined ? [] : [this.#countOf(client)])];
  }

  #countOf(client: string): Writable<Count> {
    const count = this.#clients.get(client) ?? zero();
    this.#clients.set(client, count);
    return count;
  }
}

import { accept, type ByteRange, type Result, refuse } from "@shoal/protocol";
import { allowedUrl } from "./media-base.ts";

/** `fetch`, or a test's stand-in for it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Why a read failed. `refused`: the CDN answered 4xx. `outside`: it leads out of the media base. `away`: no answer, 5xx,
 * or an answer that does not fit together. `too-large`: more than the limit.
 */
export type ReadError = "refused" | "outside" | "away" | "too-large";

/** What was read, and where in the end. */
export interface Body {
  readonly url: string;
  readonly bytes: Uint8Array;
}

interface Part extends Body {
  readonly status: number;
  readonly etag: string | null;
  /** Length of the whole resource, where the answer says it. */
  readonly total: number | null;
}

/** How the sealer asks. */
export interface OriginOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Added to every URL, such as `token=abc`. */
  readonly query: string;
  readonly maxSegmentBytes: number;
}

const USER_AGENT = "shoal-sealer";
const FIRST_BYTES = 262_144;
const PARALLEL = 4;
const MAX_REDIRECTS = 3;
const MAX_PLAYLIST_BYTES = 8_388_608;
const TIMEOUT_MS = 15_000;

/** Reads playlists and segments from the CDN, inside the media base only. Never throws. */
export class OriginClient {
  readonly #fetch: Fetch;
  readonly #options: OriginOptions;
  /** Bytes read so far. */
  bytesRead = 0;

  constructor(fetch: Fetch, options: OriginOptions) {
    this.#fetch = fetch;
    this.#options = options;
  }

  /** Reads a playlist. */
  async text(url: string, prefix: string): Promise<Result<{ url: string; text: string }, ReadError>> {
    const part = await this.#get(url, prefix, null, MAX_PLAYLIST_BYTES);
    return part.ok ? accept({ url: part.value.url, text: new TextDecoder().decode(part.value.bytes) }) : part;
  }

  /** Reads a segment, in parallel ranges where they work. */
  async segment(url: string, range: ByteRange | null, prefix: string): Promise<Result<Body, ReadError>> {
    const limit = this.#options.maxSegmentBytes;
    if (range && range.last - range.first >= limit) return tooLarge(limit);
    const firstByte = range?.first ?? 0;
    const head = { first: firstByte, last: Math.min(firstByte + FIRST_BYTES - 1, range?.last ?? Infinity) };
    const answer = await this.#get(url, prefix, head, limit);
    if (!answer.ok) return answer;
    const first = answer.value;
    if (first.status !== 206) return cut(first, range);
    const last = range?.last ?? (first.total === null ? null : first.total - 1);
    if (last === null) return this.#walk(first, prefix, limit);
    if (last - firstByte >= limit) return tooLarge(limit);
    const rest = split(firstByte + first.bytes.length, last, PARALLEL - 1);
    const parts = await Promise.all(rest.map((part) => this.#get(url, prefix, part, limit)));
    return join(first, parts, last - firstByte + 1);
  }

  /** One range after the other: the length is known only by the first short answer. */
  async #walk(first: Part, prefix: string, limit: number): Promise<Result<Body, ReadError>> {
    const parts: Part[] = [first];
    let length = first.bytes.length;
    while (parts[parts.length - 1]?.bytes.length === FIRST_BYTES) {
      if (length >= limit) return tooLarge(limit);
      const next = await this.#get(first.url, prefix, { first: length, last: length + FIRST_BYTES - 1 }, limit, true);
      if (!next.ok) return next;
      if (next.value.status !== 416 && (next.value.status !== 206 || next.value.etag !== first.etag)) return unfit();
      if (next.value.status === 416) break;
      parts.push(next.value);
      length += next.value.bytes.length;
    }
    return accept({ url: first.url, bytes: concat(parts, length) });
  }

  async #get(
    url: string,
    prefix: string,
    range: ByteRange | null,
    limit: number,
    endIsAnswer: boolean = false,
  ): Promise<Result<Part, ReadError>> {
    try {
      let at: string | null = allowedUrl(url, prefix);
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        if (at === null) return refuse("outside", "The URL is not below the media base.");
        const response = await this.#fetch(this.#withQuery(at), this.#request(range));
        const location = response.headers.get("location");
        if (response.status >= 300 && response.status < 400 && location !== null) {
          await response.body?.cancel();
          at = allowedUrl(new URL(location, at).href, prefix);
          continue;
        }
        if (endIsAnswer && response.status === 416) {
          await response.body?.cancel();
          return accept({ url: at, bytes: new Uint8Array(0), status: 416, etag: null, total: null });
        }
        if (!response.ok) {
          await response.body?.cancel();
          const refused = response.status >= 400 && response.status < 500 && response.status !== 429;
          return refuse(refused ? "refused" : "away", `The CDN answered ${response.status}.`);
        }
        const bytes = await this.#body(response, limit);
        if (bytes === null) return tooLarge(limit);
        return accept({
          url: at,
          bytes,
          status: response.status,
          etag: response.headers.get("etag"),
          total: totalOf(response.headers.get("content-range")),
        });
      }
      return refuse("outside", "Too many redirects.");
    } catch (error) {
      return refuse("away", error instanceof Error ? `No answer: ${error.name}.` : "No answer.");
    }
  }

  #request(range: ByteRange | null): RequestInit {
    return {
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...this.#options.headers,
        "user-agent": USER_AGENT,
        "accept-encoding": "identity",
        ...(range ? { range: `bytes=${range.first}-${range.last}` } : {}),
      },
    };
  }

  #withQuery(url: string): string {
    if (this.#options.query === "") return url;
    return `${url}${url.includes("?") ? "&" : "?"}${this.#options.query}`;
  }

  async #body(response: Response, limit: number): Promise<Uint8Array | null> {
    if (Number(response.headers.get("content-length") ?? 0) > limit) {
      await response.body?.cancel();
      return null;
    }
    const chunks: { bytes: Uint8Array }[] = [];
    let length = 0;
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (done || !value) break;
      length += value.length;
      this.bytesRead += value.length;
      if (length > limit) {
        await reader.cancel();
        return null;
      }
      chunks.push({ bytes: value });
    }
    return concat(chunks, length);
  }
}

const tooLarge = (limit: number) => refuse("too-large", `The resource has more than ${limit} bytes.`);
const unfit = () => refuse("away", "The parts of the segment do not fit together: it changed while it was read.");

/** A whole answer to a range request: the part that was meant. */
function cut(whole: Part, range: ByteRange | null): Result<Body, ReadError> {
  if (!range) return accept({ url: whole.url, bytes: whole.bytes });
  if (whole.bytes.length <= range.last) return unfit();
  return accept({ url: whole.url, bytes: whole.bytes.subarray(range.first, range.last + 1) });
}

function join(first: Part, rest: readonly Result<Part, ReadError>[], length: number): Result<Body, ReadError> {
  const parts = [first];
  for (const part of rest) {
    if (!part.ok) return part;
    if (part.value.status !== 206 || part.value.etag !== first.etag || part.value.total !== first.total) return unfit();
    parts.push(part.value);
  }
  const read = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  return read === length ? accept({ url: first.url, bytes: concat(parts, length) }) : unfit();
}

function split(first: number, last: number, count: number): ByteRange[] {
  const ranges: ByteRange[] = [];
  const step = Math.ceil((last - first + 1) / count);
  for (let at = first; at <= last; at += step) ranges.push({ first: at, last: Math.min(at + step - 1, last) });
  return ranges;
}

function concat(parts: readonly { readonly bytes: Uint8Array }[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const { bytes } of parts) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

function totalOf(contentRange: string | null): number | null {
  const match = /^bytes \d+-\d+\/(\d+)$/.exec(contentRange ?? "");
  return match ? Number(match[1]) : null;
}

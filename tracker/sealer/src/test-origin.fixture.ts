import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "./clock.ts";
import type { Fetch } from "./origin-client.ts";

/** A CDN of files in memory: as `fetch`, or over loopback HTTP. Counts what is asked. */
export class TestOrigin {
  readonly files = new Map<string, { body: Uint8Array; status?: number; location?: string }>();
  readonly requests: { path: string; range: string | null }[] = [];
  ranges = true;

  put(path: string, body: string | Uint8Array): void {
    this.files.set(path, { body: typeof body === "string" ? new TextEncoder().encode(body) : body });
  }

  /** Requests of paths that contain `part`. */
  count(part: string): number {
    return this.requests.filter(({ path }) => path.includes(part)).length;
  }

  answer(url: string, range: string | null): Response {
    const path = new URL(url, "http://cdn").pathname;
    this.requests.push({ path, range });
    const file = this.files.get(path);
    if (!file) return new Response(null, { status: 404 });
    if (file.location) return new Response(null, { status: 302, headers: { location: file.location } });
    if (file.status) return new Response(null, { status: file.status });
    const match = this.ranges ? /^bytes=(\d+)-(\d+)$/.exec(range ?? "") : null;
    const total = file.body.length;
    if (!match) return new Response(file.body as BodyInit, { headers: { "content-length": String(total) } });
    const [first, last] = [Number(match[1]), Math.min(Number(match[2]), total - 1)];
    if (first >= total) return new Response(null, { status: 416 });
    const headers = { "content-range": `bytes ${first}-${last}/${total}` };
    return new Response(file.body.slice(first, last + 1) as BodyInit, { status: 206, headers });
  }

  readonly fetch: Fetch = async (url, init) => this.answer(url, new Headers(init.headers).get("range"));

  /** Serves the files on a free port of loopback. */
  async listen(): Promise<{ url: string; close: () => Promise<void> }> {
    const server: Server = createServer((request, response) => {
      const answer = this.answer(request.url ?? "/", request.headers.range ?? null);
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      answer.arrayBuffer().then((body) => response.end(Buffer.from(body)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  }
}

/** Time that only a test moves. */
export class VirtualClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: { atMs: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.#now + Math.max(0, delayMs), call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves on, timer by timer, and lets everything that each of them started come to rest. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#now + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.atMs);
      due.call();
      await settle();
    }
    this.#now = untilMs;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Bytes that differ by seed, so that two contents of one name do too. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 7 + (i >> 8)) & 255;
  return bytes;
}

/** A live media playlist of four-second segments. */
export function livePlaylist(first: number, names: readonly string[], more: string = ""): string {
  const head = `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${first}\n${more}`;
  return `${head}${names.map((name) => `#EXTINF:4,\n${name}\n`).join("")}`;
}

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Origin, OriginOptions } from "./origin.ts";
import { createOrigin } from "./server.ts";

let nowMs = 0;
let open: Origin[] = [];
const segment = "/live/v144/seg-1.m4s";

async function start(options: OriginOptions = {}): Promise<Origin> {
  nowMs = 1_000_000;
  const origin = await createOrigin({ now: () => nowMs, ...options });
  open.push(origin);
  return origin;
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

const sha256Of = (bytes: Uint8Array = new Uint8Array()) => createHash("sha256").update(bytes).digest("hex");
const post = (url: string, body: string) => fetch(url, { method: "POST", body });

afterEach(async () => {
  await Promise.all(open.map((origin) => origin.close()));
  open = [];
});

describe("an origin", () => {
  it("moves its live edge with the clock it was given", async () => {
    const origin = await start();
    expect((await fetch(`${origin.url}/live/v360/seg-6.m4s`)).status).toBe(404);
    nowMs += 4000;
    expect((await fetch(`${origin.url}/live/v360/seg-6.m4s`)).status).toBe(200);
    const playlist = await fetch(`${origin.url}/live/v360/index.m3u8`);
    expect(await playlist.text()).toContain("#EXT-X-MEDIA-SEQUENCE:1\n");
    expect(playlist.headers.get("date")).toBe(new Date(nowMs).toUTCString());
    expect(playlist.headers.get("cache-control")).toBe("no-store");
  });

  it("counts exactly the bytes that arrive, apart by who asked", async () => {
    const origin = await start();
    const whole = await bytesOf(await fetch(origin.url + segment));
    const part = await bytesOf(await fetch(origin.url + segment, { headers: { range: "bytes=1000-1999" } }));
    const sealed = await bytesOf(await fetch(origin.url + segment, { headers: { "user-agent": "shoal-sealer/0.1" } }));
    const playlist = await bytesOf(await fetch(`${origin.url}/live/master.m3u8`));
    await fetch(origin.url + segment, { method: "HEAD" });
    const viewers = { requests: 3, bytes: whole.byteLength + part.byteLength };
    const sealer = { requests: 1, bytes: sealed.byteLength };
    expect(origin.counts()).toEqual({
      viewers,
      sealer,
      manifests: { requests: 1, bytes: playlist.byteLength },
      clients: {},
      segments: { [segment]: { sizeBytes: whole.byteLength, viewers, sealer } },
    });
    expect(await (await fetch(`${origin.url}/_origin/counts`)).json()).toEqual(origin.counts());
    await post(`${origin.url}/_origin/reset-counts`, "");
    expect(origin.counts().segments).toEqual({});
  });

  it("says the hash of what it serves", async () => {
    const origin = await start();
    const bytes = await bytesOf(await fetch(origin.url + segment));
    const answer = await fetch(`${origin.url}/_origin/sha256?path=${segment}`);
    const sha256 = sha256Of(bytes);
    expect(await answer.json()).toEqual({ path: segment, sha256, sizeBytes: bytes.byteLength });
    expect(bytes.equals(origin.bytesAt(segment) ?? new Uint8Array())).toBe(true);
    expect((await fetch(`${origin.url}/_origin/sha256?path=/live/x`)).status).toBe(404);
    expect((await fetch(`${origin.url}/_origin/sha256`)).status).toBe(400);
  });

  it("closes twice, and cuts who hangs", async () => {
    const origin = await start();
    origin.setFault({ kind: "hang" });
    const hanging = fetch(origin.url + segment);
    const cut = expect(hanging).rejects.toThrow();
    while (origin.counts().viewers.requests === 0) await new Promise(setImmediate);
    await Promise.all([origin.close(), origin.close()]);
    await cut;
  });

  it("refuses options that make no sense", async () => {
    await expect(createOrigin({ windowSegments: 0 })).rejects.toThrow(/windowSegments must be/);
    await expect(createOrigin({ totalBitsPerSecond: -1 })).rejects.toThrow(/totalBitsPerSecond must be/);
  });
});

describe("ranges", () => {
  it("are honoured, wherever they lie", async () => {
    const origin = await start();
    const whole = await bytesOf(await fetch(origin.url + segment));
    const size = whole.byteLength;
    for (const [range, first, last] of [
      ["bytes=0-0", 0, 0],
      [`bytes=${size - 5}-`, size - 5, size - 1],
      ["bytes=-70000", size - 70_000, size - 1],
      ["bytes=65536-999999999", 65_536, size - 1],
    ] as const) {
      const response = await fetch(origin.url + segment, { headers: { range } });
      expect(response.status).toBe(206);
      expect(response.headers.get("content-range")).toBe(`bytes ${first}-${last}/${size}`);
      expect((await bytesOf(response)).equals(whole.subarray(first, last + 1))).toBe(true);
    }
    const beyond = await fetch(origin.url + segment, { headers: { range: `bytes=${size}-` } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${size}`]);
    expect((await bytesOf(beyond)).byteLength).toBe(0);
  });

  it("are ignored on request", async () => {
    const origin = await start({ ranges: "ignore" });
    const response = await fetch(origin.url + segment, { headers: { range: "bytes=0-9" } });
    expect([response.status, response.headers.get("accept-ranges")]).toEqual([200, null]);
    expect((await bytesOf(response)).byteLength).toBeGreaterThan(100_000);
  });
});

describe("CORS", () => {
  it("is open by default", async () => {
    const origin = await start();
    const response = await fetch(origin.url + segment, { method: "HEAD" });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-expose-headers")).toBe("Content-Range, Content-Length, Date");
    const preflight = await fetch(origin.url + segment, { method: "OPTIONS" });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
      204,
      "Range, Content-Type, X-Shoal-Client",
    ]);
  });

  it("can hide its headers and refuse preflights", async () => {
    const origin = await start({ exposeHeaders: false, preflight: false });
    const preflight = await fetch(origin.url + segment, { method: "OPTIONS" });
    expect([preflight.status, preflight.headers.get("access-control-expose-headers")]).toEqual([403, null]);
  });
});

describe("faults", () => {
  it("hit whom the filter names, over HTTP too", async () => {
    const origin = await start();
    const filter = { media: true, client: "anna" };
    const answer = await post(`${origin.url}/_origin/fault`, JSON.stringify({ kind: "status", status: 503, filter }));
    expect(await answer.json()).toEqual({ ok: true });
    const status = async (path: string) => {
      const response = await fetch(origin.url + path);
      await response.arrayBuffer();
      return response.status;
    };
    expect(await status(`${segment}?viewer=anna`)).toBe(503);
    expect(await status(`${segment}?viewer=bert`)).toBe(200);
    expect(await status("/live/master.m3u8?viewer=anna")).toBe(200);
    origin.setFault({ kind: "none" });
    expect(await status(`${segment}?viewer=anna`)).toBe(200);
  });

  it("that hang are cut when they are lifted", async () => {
    const origin = await start();
    origin.setFault({ kind: "hang" });
    const hanging = expect(fetch(origin.url + segment)).rejects.toThrow();
    while (origin.counts().viewers.requests === 0) await new Promise(setImmediate);
    origin.setFault({ kind: "none" });
    await hanging;
    expect((await fetch(origin.url + segment)).status).toBe(200);
  });

  it.each([
    ["{", "The body is not JSON."],
    ['{"kind":"worse"}', 'The kind of a fault must be "none", "status", "hang" or "slow".'],
  ])("that make no sense are refused with a sentence: %s", async (body, error) => {
    const origin = await start();
    const answer = await post(`${origin.url}/_origin/fault`, body);
    expect([answer.status, await answer.json()]).toEqual([400, { error }]);
  });

  it("are not set by GET", async () => {
    const origin = await start();
    expect((await fetch(`${origin.url}/_origin/fault`)).status).toBe(405);
  });
});

describe("a slow origin", () => {
  it.each(["response", "total", "fault"])("sends the same bytes later: %s", async (way) => {
    const origin = await start();
    const bitsPerSecond = 8_000_000;
    if (way === "response") origin.setShaping({ bitsPerSecondPerResponse: bitsPerSecond });
    if (way === "total") origin.setShaping({ totalBitsPerSecond: bitsPerSecond });
    if (way === "fault") origin.setFault({ kind: "slow", bitsPerSecond });
    const beganMs = performance.now();
    const bytes = await bytesOf(await fetch(origin.url + segment));
    const tookMs = performance.now() - beganMs;
    expect(bytes.equals(origin.bytesAt(segment) ?? new Uint8Array())).toBe(true);
    expect(tookMs).toBeGreaterThan((bytes.byteLength * 8000) / bitsPerSecond - 25);
  });

  it("counts only what was written before a viewer left", async () => {
    const origin = await start({ bitsPerSecondPerResponse: 1_000_000 });
    const received = await new Promise<number>((resolve, reject) => {
      const request = get(origin.url + segment, { agent: false }, (response) => {
        response.once("data", (chunk: Buffer) => {
          request.destroy();
          resolve(chunk.byteLength);
        });
      }).once("error", reject);
    });
    expect(received).toBeLessThanOrEqual(16 * 1024);
    expect(origin.counts().viewers.bytes).toBe(16 * 1024);
  });
});

describe("a restart over HTTP", () => {
  it("makes the same URL give other bytes", async () => {
    const origin = await start();
    const before = sha256Of(origin.bytesAt("/live/v144/seg-0.m4s"));
    await post(`${origin.url}/_origin/restart`, JSON.stringify({ firstNumber: 0, variant: 2 }));
    nowMs += 4000;
    expect(sha256Of(origin.bytesAt("/live/v144/seg-0.m4s"))).not.toBe(before);
    const refused = await post(`${origin.url}/_origin/restart`, '{"firstNumber":-1}');
    expect(await refused.json()).toEqual({ error: "firstNumber must be a whole number from 0." });
  });
});

describe("pages", () => {
  it("are served from their folder and from nowhere else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "shoal-pages-"));
    try {
      const dir = join(folder, "site");
      await mkdir(dir);
      await writeFile(join(dir, "index.html"), "<p>home</p>");
      await writeFile(join(dir, "app.js"), "0");
      await writeFile(join(folder, "secret.txt"), "secret");
      await symlink(join(folder, "secret.txt"), join(dir, "link.txt"));
      const origin = await start({ pages: [{ mount: "/demo", dir }] });
      const home = await fetch(`${origin.url}/demo/`);
      expect([await home.text(), home.headers.get("content-type")]).toEqual([
        "<p>home</p>",
        "text/html; charset=utf-8",
      ]);
      expect((await fetch(`${origin.url}/demo/app.js`)).headers.get("content-type")).toMatch(/^text\/javascript/);
      for (const path of ["/demo/..%2fsecret.txt", "/demo/link.txt", "/demo/%00", "/demo/%", "/secret.txt", "/"]) {
        expect((await fetch(origin.url + path)).status).toBe(404);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

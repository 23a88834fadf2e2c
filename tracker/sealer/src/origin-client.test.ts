import { afterEach, describe, expect, it, vi } from "vitest";
import { OriginClient, type OriginOptions } from "./origin-client.ts";
import { bytesOf, TestOrigin } from "./test-origin.fixture.ts";

vi.setConfig({ testTimeout: 30_000 });
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: Partial<OriginOptions> = {}) {
  const origin = new TestOrigin();
  const { url, close } = await origin.listen();
  closing.push(close);
  const client = new OriginClient(fetch, { headers: {}, query: "", maxSegmentBytes: 3_000_000, ...options });
  const read = (path: string, range: { first: number; last: number } | null = null) =>
    client.segment(`${url}${path}`, range, `${url}/live/`);
  return { origin, client, read, url };
}

describe("a segment over HTTP", () => {
  it("is read in four ranges, each byte once", async () => {
    const { origin, client, read } = await setUp();
    const bytes = bytesOf(1_250_001, 1);
    origin.put("/live/a.m4s", bytes);
    const answer = await read("/live/a.m4s");
    expect(answer.ok && Buffer.compare(answer.value.bytes, bytes)).toBe(0);
    expect(origin.requests).toHaveLength(4);
    expect(client.bytesRead).toBe(bytes.length);
  });

  it("is the same for every size around the borders of a range", async () => {
    const { origin, read } = await setUp();
    for (const length of [1, 3, 262_143, 262_144, 262_145, 262_147, 600_000]) {
      const bytes = bytesOf(length, length);
      origin.put("/live/a.m4s", bytes);
      const answer = await read("/live/a.m4s");
      expect(answer.ok && Buffer.compare(answer.value.bytes, bytes)).toBe(0);
    }
  });

  it("is read whole where the CDN knows no ranges", async () => {
    const { origin, read } = await setUp();
    origin.ranges = false;
    const bytes = bytesOf(400_000, 1);
    origin.put("/live/a.mp4", bytes);
    const answer = await read("/live/a.mp4");
    expect(answer.ok && Buffer.compare(answer.value.bytes, bytes)).toBe(0);
    const part = await read("/live/a.mp4", { first: 100, last: 299_999 });
    expect(part.ok && Buffer.compare(part.value.bytes, bytes.subarray(100, 300_000))).toBe(0);
    expect(await read("/live/a.mp4", { first: 100, last: 500_000 })).toMatchObject({ ok: false, code: "away" });
  });

  it("is just its byte range where the playlist names one", async () => {
    const { origin, read } = await setUp();
    const bytes = bytesOf(2_000_000, 1);
    origin.put("/live/a.mp4", bytes);
    const part = await read("/live/a.mp4", { first: 500_000, last: 1_499_999 });
    expect(part.ok && Buffer.compare(part.value.bytes, bytes.subarray(500_000, 1_500_000))).toBe(0);
  });

  it("is refused when it is larger than the limit, before it fills the memory", async () => {
    const { origin, client, read } = await setUp();
    origin.put("/live/a.m4s", bytesOf(3_000_001, 1));
    expect(await read("/live/a.m4s")).toMatchObject({ ok: false, code: "too-large" });
    origin.ranges = false;
    expect(await read("/live/a.m4s")).toMatchObject({ ok: false, code: "too-large" });
    expect(client.bytesRead).toBeLessThan(3_000_001);
  });

  it("that cannot be read says whether the CDN refuses or is away", async () => {
    const { origin, read } = await setUp();
    expect(await read("/live/none.m4s")).toMatchObject({ ok: false, code: "refused" });
    origin.files.set("/live/a.m4s", { body: new Uint8Array(0), status: 503 });
    expect(await read("/live/a.m4s")).toMatchObject({ ok: false, code: "away" });
    const nobody = new OriginClient(fetch, { headers: {}, query: "", maxSegmentBytes: 1_000 });
    const answer = await nobody.segment("http://127.0.0.1:1/live/a", null, "http://127.0.0.1:1/live/");
    expect(answer).toMatchObject({ ok: false, code: "away" });
  });
});

it("a segment that changes while it is read is not taken for one", async () => {
  let version = 0;
  const changing = async (_url: string, init: RequestInit) => {
    version++;
    const [, first = 0, last = 0] = (/(\d+)-(\d+)/.exec(new Headers(init.headers).get("range") ?? "") ?? []).map(
      Number,
    );
    const headers = { etag: `"${version}"`, "content-range": `bytes ${first}-${last}/1000000` };
    return new Response(new Uint8Array(last - first + 1), { status: 206, headers });
  };
  const client = new OriginClient(changing, { headers: {}, query: "", maxSegmentBytes: 3_000_000 });
  expect(await client.segment("http://cdn/a", null, "http://cdn/")).toMatchObject({ ok: false, code: "away" });
});

it("a CDN that hides how long a segment is has it read range by range", async () => {
  const whole = bytesOf(700_000, 4);
  const silent = async (_url: string, init: RequestInit) => {
    const [, first = 0, last = 0] = (/(\d+)-(\d+)/.exec(new Headers(init.headers).get("range") ?? "") ?? []).map(
      Number,
    );
    if (first >= whole.length) return new Response(null, { status: 416 });
    return new Response(whole.slice(first, last + 1) as BodyInit, { status: 206 });
  };
  const client = new OriginClient(silent, { headers: {}, query: "", maxSegmentBytes: 3_000_000 });
  const answer = await client.segment("http://cdn/a", null, "http://cdn/");
  expect(answer.ok && Buffer.compare(answer.value.bytes, whole)).toBe(0);
});

it("asks with the operator's headers and query, and by its own name", async () => {
  const asked: { url: string; headers: Headers }[] = [];
  const spy = async (url: string, init: RequestInit) => {
    asked.push({ url, headers: new Headers(init.headers) });
    return new Response("#EXTM3U");
  };
  const client = new OriginClient(spy, { headers: { "X-Key": "1" }, query: "token=a", maxSegmentBytes: 1_000 });
  await client.text("http://cdn/a?b=c", "http://cdn/");
  expect(asked[0]?.url).toBe("http://cdn/a?b=c&token=a");
  expect(asked[0]?.headers.get("x-key")).toBe("1");
  expect(asked[0]?.headers.get("user-agent")).toBe("shoal-sealer");
});

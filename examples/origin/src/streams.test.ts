import { createDecipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decodeTimeTicks } from "./fmp4.ts";
import { type LiveClock, restarted } from "./live-window.ts";
import { media } from "./loop.fixture.ts";
import { type StreamState, streamResource } from "./streams.ts";

const clock: LiveClock = {
  startedAtMs: 0,
  segmentMs: 4000,
  windowSegments: 6,
  runs: [{ firstIndex: 0, firstNumber: 0, variant: 0 }],
};
const state: StreamState = { media, clock, nowMs: 0, vodSegments: 8 };

function bytesAt(path: string, at: StreamState = state): Buffer {
  const resource = streamResource(path, at);
  if (resource === undefined) throw new Error(`Nothing at ${path}.`);
  return Buffer.concat([...resource.read(0, resource.sizeBytes)]);
}
const textAt = (path: string, at?: StreamState) => bytesAt(path, at).toString("utf8");
const urisIn = (playlist: string) => playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe("every stream", () => {
  it.each(["live", "vod", "ts", "vod-ts", "vod-range", "vod-aes"])("%s serves all that its playlists name", (name) => {
    for (const uri of textAt(`/${name}/master.m3u8`).match(/\w+\/index\.m3u8/g) ?? []) {
      const playlist = textAt(`/${name}/${uri}`);
      const folder = `/${name}/${uri.replace("index.m3u8", "")}`;
      const map = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1];
      for (const file of [...urisIn(playlist), ...(map ? [map] : [])]) {
        expect(streamResource(folder + file, state)?.sizeBytes).toBeGreaterThan(100);
      }
    }
  });

  it.each([
    "/live",
    "/live/",
    "/live/v360",
    "/live/v360/seg-01.m4s",
    "/live/v360/seg-1.ts",
    "/live/v360/seg-6.m4s",
    "/live/v360/seg-1.m4s/x",
    "/live/muxed300/index.m3u8",
    "/live/__proto__/index.m3u8",
    "/live/key.bin",
    "/vod/v360/seg-8.m4s",
    "/vod-range/v360/seg-1.m4s",
    "/constructor/master.m3u8",
  ])("serves nothing at %s", (path) => {
    expect(streamResource(path, state)).toBeUndefined();
  });
});

it("the program date of a live segment agrees with its decode time", () => {
  const playlist = textAt("/live/a64/index.m3u8", { ...state, nowMs: 40_000 });
  const dates = [...playlist.matchAll(/DATE-TIME:(.*)/g)].map((match) => Date.parse(match[1] ?? ""));
  for (const [position, uri] of urisIn(playlist).entries()) {
    const decodeMs = decodeTimeTicks(bytesAt(`/live/a64/${uri}`, { ...state, nowMs: 40_000 })) / 48;
    expect(Math.abs((dates[position] ?? 0) + 24_000 - decodeMs)).toBeLessThan(1);
  }
});

it("a byte-range VOD is its init segment and the plain segments, each where the playlist says", () => {
  const file = bytesAt("/vod-range/a64/media.mp4");
  const ranges = [...textAt("/vod-range/a64/index.m3u8").matchAll(/#EXT-X-BYTERANGE:(\d+)@(\d+)/g)];
  expect(ranges).toHaveLength(8);
  for (const [number, [, length, offset]] of ranges.entries()) {
    const part = file.subarray(Number(offset), Number(offset) + Number(length));
    expect(part.equals(bytesAt(`/vod/a64/seg-${number}.m4s`))).toBe(true);
  }
  const resource = streamResource("/vod-range/a64/media.mp4", state);
  const across = Buffer.concat([...(resource?.read(700, 40_000) ?? [])]);
  expect(across.equals(file.subarray(700, 40_000))).toBe(true);
});

it("an encrypted segment decrypts to the plain one, with key and IV from the playlist", () => {
  const playlist = textAt("/vod-aes/v144/index.m3u8");
  const ivs = [...playlist.matchAll(/METHOD=AES-128,URI="..\/key.bin",IV=0x([0-9a-f]{32})/g)].map((match) => match[1]);
  expect(new Set(ivs).size).toBe(8);
  expect(playlist.indexOf("#EXT-X-MAP")).toBeLessThan(playlist.indexOf("#EXT-X-KEY"));
  const decipher = createDecipheriv("aes-128-cbc", bytesAt("/vod-aes/key.bin"), Buffer.from(ivs[7] ?? "", "hex"));
  const plain = Buffer.concat([decipher.update(bytesAt("/vod-aes/v144/seg-7.m4s")), decipher.final()]);
  expect(plain.equals(bytesAt("/vod/v144/seg-7.m4s"))).toBe(true);
});

describe("a restarted encoder", () => {
  const after = { ...state, clock: { ...clock, runs: restarted(clock, 0, { firstNumber: 0, variant: 1 }) } };

  it("serves other bytes under a name that was there before, after a discontinuity", () => {
    const later = { ...after, nowMs: 4000 };
    expect(urisIn(textAt("/live/v144/index.m3u8", later)).at(-1)).toBe("seg-0.m4s");
    expect(textAt("/live/v144/index.m3u8", later)).toContain("#EXT-X-DISCONTINUITY\n");
    expect(bytesAt("/live/v144/seg-0.m4s", later).equals(bytesAt("/live/v144/seg-0.m4s"))).toBe(false);
    expect(decodeTimeTicks(bytesAt("/live/v144/seg-0.m4s", later))).toBe(0);
  });

  it("is a period of the MPD as long as its predecessor is within the window", () => {
    const periodsAt = (nowMs: number) => textAt("/live/master.mpd", { ...after, nowMs }).match(/<Period id="at-\d+"/g);
    expect(periodsAt(4000)).toEqual(['<Period id="at-0"', '<Period id="at-24"']);
    expect(periodsAt(4000 * 6)).toEqual(['<Period id="at-24"']);
  });
});

it("cyclic names leave HLS as it is and take the live MPD away", () => {
  const cyclic = { ...state, nowMs: 20_000, clock: { ...clock, cyclicNames: 8 } };
  expect(urisIn(textAt("/live/v144/index.m3u8", cyclic)).at(-1)).toBe("seg-2.m4s");
  expect(streamResource("/live/master.mpd", cyclic)).toBeUndefined();
});

describe("content steering", () => {
  const steered = {
    ...state,
    steering: { port: 80, hosts: ["one.test", "two.test"], priority: ["two.test", "one.test"] },
  };

  it("names each host a pathway, and says which is the best now", () => {
    const mpd = textAt("/vod/steered.mpd", steered);
    expect(mpd).toContain('<BaseURL serviceLocation="two.test">http://two.test:80/vod/</BaseURL>');
    expect(mpd).toContain("http://one.test:80/vod/steering.json</ContentSteering>");
    expect(JSON.parse(textAt("/vod/steering.json", steered))["PATHWAY-PRIORITY"]).toEqual(["two.test", "one.test"]);
  });

  it("is not there unless it is asked for", () => {
    expect(streamResource("/vod/steered.mpd", state)).toBeUndefined();
    expect(streamResource("/vod/steering.json", state)).toBeUndefined();
  });
});

describe("a stream of two languages", () => {
  it("has other sound for each, and subtitles that say which segment they are of", () => {
    const mpd = textAt("/vod-languages/master.mpd");
    expect(mpd.match(/lang="\w+"/g)).toEqual(['lang="en"', 'lang="es"', 'lang="en"']);
    const [english, spanish] = ["a64", "a64-es"].map((name) => bytesAt(`/vod-languages/${name}/seg-1.m4s`));
    expect(spanish?.equals(english ?? Buffer.alloc(0))).toBe(false);
    expect(textAt("/vod-languages/words/seg-3.m4s")).toContain('begin="12.000s" end="16.000s">The sea, part 3<');
    expect(streamResource("/vod-languages/words/seg-8.m4s", state)).toBeUndefined();
  });
});

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { allowedUrl, manifestUrlFor } from "./media-base.ts";
import { readPlaylist } from "./playlist.ts";

vi.setConfig({ testTimeout: 30_000 });
const prefix = "https://cdn.example/live/";

describe("the media base", () => {
  it("holds what lies below it", () => {
    expect(allowedUrl("https://cdn.example/live/a/b.m4s?x=1#t", prefix)).toBe("https://cdn.example/live/a/b.m4s?x=1");
  });

  it.each([
    "https://evil.example/live/a.m4s",
    "http://cdn.example/live/a.m4s",
    "https://cdn.example:444/live/a.m4s",
    "https://user@cdn.example/live/a.m4s",
    "https://cdn.example/live/../secret",
    "https://cdn.example/live/%2e%2e/secret",
    "https://cdn.example/live/..%2fsecret",
    "https://cdn.example/live/a%5c..%5csecret",
    "https://cdn.example/livestock/a",
    "//evil.example/live/a.m4s",
    "file:///etc/passwd",
  ])("does not hold %s", (url) => {
    expect(allowedUrl(url, prefix)).toBeNull();
  });

  it("takes a viewer's manifest only if it gives the content id and lies below", () => {
    const of = (manifest: string, contentId = "live/main") => manifestUrlFor(manifest, contentId, prefix);
    expect(of("/live/main.m3u8")).toEqual({ ok: true, value: "https://cdn.example/live/main.m3u8" });
    expect(of("https://evil.example/live/main.m3u8")).toMatchObject({ value: "https://cdn.example/live/main.m3u8" });
    expect(of("/live/other.m3u8")).toMatchObject({ ok: false, code: "unsealed" });
    expect(of("/vod/main.m3u8", "vod/main")).toMatchObject({ ok: false, code: "unsealed" });
    expect(of("/live/../live/main.m3u8", "live/../live/main")).toMatchObject({ ok: false, code: "refused" });
    expect(of("/live/%2e%2e/main.m3u8", "live/%2e%2e/main")).toMatchObject({ ok: false, code: "refused" });
  });

  it("is never left, whatever a viewer or a playlist says", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webPath()), (text) => {
        const url = allowedUrl(text, prefix);
        return url === null || url.startsWith(prefix);
      }),
      { seed: 1 },
    );
  });
});

it("any text is a playlist or a refusal", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "#EXTINF:4,",
      "a.ts",
      "#EXT-X-BYTERANGE:-1@x",
      '#EXT-X-MAP:URI="i.mp4"',
      "#EXT-X-KEY:METHOD=AES-128",
    ),
    fc.string().map((text) => `#EXT-X-MEDIA:TYPE=AUDIO,${text}`),
    fc.string().map((text) => `#EXT-X-STREAM-INF:${text}`),
    fc.string().map((text) => `#EXT-X-DATERANGE:${text}`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const read = readPlaylist(["#EXTM3U", ...lines].join("\n"), "https://cdn.example/live/a.m3u8", "/live/");
      expect(typeof read.ok).toBe("boolean");
    }),
    { seed: 1 },
  );
});

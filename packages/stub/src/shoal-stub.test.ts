import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";

const source = readFileSync(new URL("./shoal-stub.js", import.meta.url), "utf8");

interface Script {
  src: string;
  onload: () => void;
  onerror: () => void;
}

/** A page in an engine that has these globals, with a clock of its own. */
class Page {
  readonly scripts: Script[] = [];
  readonly heard: (readonly [unknown, string])[] = [];
  readonly #timers: { atMs: number; run: () => void }[] = [];
  #nowMs = 0;
  readonly window: Record<string, unknown>;

  constructor(without: readonly string[] = [], more: Record<string, unknown> = {}) {
    const document = {
      currentScript: { src: "https://cdn.example/shoal/shoal-stub.js" },
      createElement: () => ({}),
      head: { appendChild: (script: Script) => this.scripts.push(script) },
    };
    class RTCPeerConnection {
      createDataChannel(): void {}
    }
    const window: Record<string, unknown> = {
      document,
      TextEncoder,
      URLSearchParams,
      fetch,
      MediaSource: class {},
      RTCPeerConnection,
      WebSocket: class {},
      crypto: { subtle: {} },
      navigator: { userAgent: "Chrome/69" },
      localStorage: { getItem: () => null },
      Hls: class {},
      setTimeout: (run: () => void, delayMs: number) => this.#timers.push({ atMs: this.#nowMs + delayMs, run }),
      ...more,
    };
    window.window = window;
    for (const name of without) window[name] = undefined;
    this.window = window;
    runInNewContext(source, window);
  }

  ask(options?: object): this {
    const stub = this.window.ShoalStub as (callback: (found: unknown, why: string) => void, options?: object) => void;
    stub((found, why) => this.heard.push([found, why]), options);
    return this;
  }

  pass(ms: number): this {
    this.#nowMs += ms;
    for (const { run } of this.#timers
      .splice(0)
      .filter((timer) => timer.atMs <= this.#nowMs || !this.#timers.push(timer)))
      run();
    return this;
  }
}

describe("the stub", () => {
  it("loads the plug-in of the player that the page has, from beside itself", () => {
    const page = new Page().ask();
    expect(page.scripts.map(({ src }) => src)).toEqual(["https://cdn.example/shoal/shoal-hls.js"]);
    page.window.Shoal = { withShoal: true };
    page.scripts[0]?.onload();
    page.pass(0);
    expect(page.heard).toEqual([[{ withShoal: true }, ""]]);
    expect(new Page(["Hls"]).ask().scripts[0]?.src).toContain("/shoal-dash.js");
    expect(new Page().ask({ src: "/elsewhere.js" }).scripts[0]?.src).toBe("/elsewhere.js");
  });

  it.each([
    ["Promise", "old-engine"],
    ["TextEncoder", "old-engine"],
    ["MediaSource", "no-media-source"],
    ["RTCPeerConnection", "no-webrtc"],
    ["WebSocket", "no-websocket"],
    ["crypto", "insecure-page"],
  ])("loads nothing where there is no %s, and says %s", (name, why) => {
    const page = new Page([name]).ask().pass(0);
    expect(page.scripts).toEqual([]);
    expect(page.heard).toEqual([[null, why]]);
  });

  it("loads nothing where a page was gone before it knew whether data channels work", () => {
    const kept = (verdict: string, ageMs: number, agent: string) => ({
      localStorage: { getItem: () => JSON.stringify([verdict, Date.now() - ageMs, agent]) },
    });
    const why = (more: object): string | undefined =>
      new Page([], more as Record<string, unknown>).ask().pass(0).heard[0]?.[1];
    expect(why(kept("trying", 0, "Chrome/69"))).toBe("crashed-before");
    expect(why(kept("crashed", 60_000, "Chrome/69"))).toBe("crashed-before");
    expect(why(kept("crashed", 60_000, "Chrome/63"))).toBeUndefined();
    expect(why(kept("works", 60_000, "Chrome/69"))).toBeUndefined();
  });

  it("answers once and in time, whatever becomes of the script", () => {
    const late = new Page().ask({ timeoutMs: 500 }).pass(500).pass(0);
    late.scripts[0]?.onload();
    expect(late.pass(0).heard).toEqual([[null, "timeout"]]);
    const missing = new Page().ask();
    missing.scripts[0]?.onerror();
    expect(missing.pass(0).heard).toEqual([[null, "no-script"]]);
    const empty = new Page().ask();
    empty.scripts[0]?.onload();
    expect(empty.pass(0).heard).toEqual([[null, "no-script"]]);
  });

  it("does not fail the page where the browser does", () => {
    const failing = {
      localStorage: {
        getItem: () => {
          throw new Error("blocked");
        },
      },
    };
    expect(new Page([], failing).ask().scripts.length).toBe(1);
    const noDom = new Page([], {
      document: {
        currentScript: null,
        createElement: () => {
          throw new Error("no DOM");
        },
      },
    });
    expect(noDom.ask().pass(0).heard).toEqual([[null, "error"]]);
  });
});

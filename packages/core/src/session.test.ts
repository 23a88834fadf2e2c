import { NO_SEGMENT, type PeerId, type SegmentId, segmentIdOf, trackIdOf } from "@shoal/protocol";
import { describe, expect, it, vi } from "vitest";
import { type DeviceFacts, policyOf } from "./mesh/device.ts";
import type { MeshModule, MeshPart } from "./mesh-part.ts";
import type { ShoalOptions } from "./options.ts";
import type { CdnSink, LoadRequest, Player, Segment, TrackTimeline } from "./player.ts";
import { Session, type SessionRim } from "./session.ts";
import type { NeighbourStats } from "./stats.ts";
import { DESKTOP, desktopMesh } from "./testing/desktop.ts";
import { VirtualClock } from "./testing/virtual-clock.ts";

let buffered = 0;

const player: Player = {
  state: () => ({ playheadMs: 0, bufferedAheadMs: buffered, playbackRate: 1 }),
  fetch: () => ({ abort: () => {} }),
};

function segmentOf(number: number): Segment {
  return {
    id: segmentIdOf(`v/${number}.m4s`),
    trackId: trackIdOf("v/init.mp4"),
    previousId: NO_SEGMENT,
    url: `https://cdn.example/v/${number}.m4s`,
    range: null,
    startMs: number * 4000,
    durationMs: 4000,
  };
}

const timelineOf = (live: boolean): TrackTimeline => ({
  trackId: trackIdOf("v/init.mp4"),
  continues: null,
  live,
  targetDurationMs: 4_000,
  firstNumber: 1,
  segments: [segmentOf(1)],
});

const NEIGHBOUR: NeighbourStats = {
  peerId: "aa".repeat(16) as PeerId,
  receivedBytes: 0,
  sentBytes: 0,
  rateBps: null,
  sameIsp: true,
};

/** A load whose CDN the test plays. */
function loadOf(number: number) {
  const heard: string[] = [];
  let cdn: CdnSink | null = null;
  let aborted = false;
  const request: LoadRequest = {
    segment: segmentOf(number),
    fetch: (sink) => {
      cdn = sink;
      return {
        abort: () => {
          aborted = true;
        },
      };
    },
    sink: {
      progress: (loaded) => heard.push(`progress ${loaded}`),
      done: (bytes, { plain }) => heard.push(`done ${bytes.byteLength} ${plain ? "plain" : "shared"}`),
      failed: (outcome) => heard.push(`failed ${String(outcome)}`),
    },
  };
  return {
    request,
    heard,
    get cdn(): CdnSink {
      if (!cdn) throw new Error("the CDN was not asked");
      return cdn;
    },
    get begun() {
      return cdn !== null;
    },
    get aborted() {
      return aborted;
    },
    answer(bytes: number = 8): void {
      const buffer = new ArrayBuffer(bytes);
      this.cdn.done({ bytes: buffer, offset: 0, totalBytes: bytes, whole: true });
    },
  };
}

class FakeMesh implements MeshPart {
  offReason: MeshPart["offReason"] = "tracker-away";
  neighbours: MeshPart["neighbours"] = [];
  readonly storedBytes = 0;
  readonly uplinkBps = null;
  readonly session = null;
  remoteSharing: MeshPart["remoteSharing"] = null;
  readonly adopted: SegmentId[] = [];
  closed = false;
  changed: () => void = () => {};
  load(): null {
    return null;
  }
  adopt(segment: Segment): void {
    this.adopted.push(segment.id);
  }
  setTimeline(): void {}
  setActiveTracks(): void {}
  setSharing(): void {}
  close(): void {
    this.closed = true;
  }
}

function started(options: ShoalOptions, more: Partial<SessionRim> = {}, module: Partial<MeshModule> = {}) {
  const mesh = new FakeMesh();
  const rim: SessionRim = {
    clock: new VirtualClock(),
    loadMesh: async () => ({
      ...desktopMesh((_player, _settings, handlers) => {
        mesh.changed = handlers.changed;
        return mesh;
      }),
      ...module,
    }),
    randomBytes: () => new Uint8Array(16).fill(1),
    unable: () => null,
    onLeave: () => () => {},
    ...more,
  };
  const session = new Session(player, options, rim);
  session.setContent({ contentId: "live/a", manifest: "/live/a.m3u8" });
  return { session, mesh };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const tracker = "https://tracker.example";

/** What the mesh is given of two segments that reached the player before it stood. */
async function adoptedOf(options: ShoalOptions): Promise<readonly SegmentId[]> {
  const { session, mesh } = started(options);
  for (const number of [1, 2]) {
    const load = loadOf(number);
    session.load(load.request);
    load.answer();
  }
  session.playbackStarted();
  await settled();
  mesh.offReason = null;
  mesh.changed();
  return mesh.adopted;
}

describe("a session that cannot share", () => {
  const cases: readonly [string, ShoalOptions, Partial<SessionRim>][] = [
    ["no-tracker", {}, {}],
    ["option", { tracker, sharing: "off" }, {}],
    ["no-webrtc", { tracker }, { unable: () => "no-webrtc" }],
    ["insecure-page", { tracker }, { unable: () => "insecure-page" }],
    ["starting", { tracker }, {}],
  ];
  for (const [reason, options, rim] of cases) {
    it(`is the plain player and says "${reason}"`, async () => {
      const { session } = started(options, rim);
      const load = loadOf(1);
      session.load(load.request);
      load.cdn.progress(3, 8);
      load.answer();
      expect(load.heard).toEqual(["progress 3", "done 8 plain"]);
      expect(session.stats()).toMatchObject({ offReason: reason, cdnBytes: 8, peerBytes: 0 });
    });
  }

  it("plays on when the mesh part cannot be loaded", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { session } = started({ tracker }, { loadMesh: () => Promise.reject(new Error("blocked by CSP")) });
    session.playbackStarted();
    await settled();
    const load = loadOf(1);
    session.load(load.request);
    load.answer();
    expect(load.heard).toEqual(["done 8 plain"]);
    expect(session.stats().offReason).toBe("mesh-failed");
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});

describe("a session", () => {
  it("passes on exactly what the CDN's failure was, once", () => {
    const { session } = started({});
    const load = loadOf(1);
    session.load(load.request);
    load.cdn.failed("503");
    load.cdn.failed("again");
    expect(load.heard).toEqual(["failed 503"]);
  });

  it("says nothing more after an abort, ends the CDN request and counts what it had brought", () => {
    const { session } = started({});
    const load = loadOf(1);
    const task = session.load(load.request);
    load.cdn.progress(5, 8);
    task.abort();
    load.answer();
    expect(load.aborted).toBe(true);
    expect(load.heard).toEqual(["progress 5"]);
    expect(session.stats()).toMatchObject({ cdnBytes: 5, wastedBytes: 5 });
  });

  it("loads nothing that playback does not need before the picture moves", async () => {
    const loadMesh = vi.fn(async () => desktopMesh(() => new FakeMesh()));
    const { session } = started({ tracker }, { loadMesh });
    const load = loadOf(1);
    session.load(load.request);
    load.answer();
    await settled();
    expect(loadMesh).not.toHaveBeenCalled();
    session.playbackStarted();
    await settled();
    expect(loadMesh).toHaveBeenCalledOnce();
  });

  it("gives the mesh what reached the player before it stood", async () => {
    expect(await adoptedOf({ tracker })).toEqual([segmentIdOf("v/1.m4s"), segmentIdOf("v/2.m4s")]);
  });

  it("keeps nothing of what the integrator refuses to share", async () => {
    expect(await adoptedOf({ tracker, shareable: ({ url }) => !url.endsWith("/1.m4s") })).toEqual([
      segmentIdOf("v/2.m4s"),
    ]);
  });

  it("leaves the swarm for another content, for a pause, and for good", async () => {
    const { session, mesh } = started({ tracker });
    session.playbackStarted();
    await settled();
    session.setContent({ contentId: "live/b", manifest: "/live/b.m3u8" });
    expect(mesh.closed).toBe(true);
    session.pause();
    expect(session.stats().offReason).toBe("paused");
    session.close();
    session.close();
    const load = loadOf(9);
    session.load(load.request);
    load.answer();
    expect(load.heard).toEqual(["done 8 plain"]);
  });

  it("on demand waits for the first neighbour once there is some buffer, and not for long", async () => {
    for (const [live, bufferedMs, meets, waits] of [
      [false, 7_000, true, true],
      [false, 7_000, false, true],
      [false, 5_000, true, false],
      [true, 7_000, true, false],
    ] as const) {
      const clock = new VirtualClock();
      const { session, mesh } = started({ tracker }, { clock });
      buffered = bufferedMs;
      session.setTimeline(timelineOf(live));
      session.playbackStarted();
      await clock.pass(100);
      const load = loadOf(1);
      session.load(load.request);
      expect(load.begun).toBe(!waits);
      if (meets) mesh.neighbours = [NEIGHBOUR];
      await clock.pass(meets ? 200 : 4_000);
      expect(load.begun).toBe(meets || !waits);
      await clock.pass(1_000);
      expect(load.begun).toBe(true);
    }
    buffered = 0;
  });

  it("names the option that is wrong, and what it must be", () => {
    const wrong =
      (options: object): (() => Session) =>
      () =>
        new Session(player, options as ShoalOptions);
    expect(wrong({ tracker: "tracker" })).toThrow(/"tracker" must be an http/);
    expect(wrong({ sharing: "maybe" })).toThrow(/"sharing" must be/);
    expect(wrong({ trakcer: tracker })).toThrow(/no option "trakcer"/);
    expect(wrong({ memoryBytes: -1 })).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

describe("what the device affords", () => {
  /** A device that changes under the session. */
  function device(first: Partial<DeviceFacts> = {}) {
    let change: (facts: DeviceFacts) => void = () => {};
    const watchPolicy: MeshModule["watchPolicy"] = (options, changed) => {
      change = (facts) => changed(policyOf(facts, options));
      change({ ...DESKTOP, ...first });
      return () => {
        change = () => {};
      };
    };
    return {
      watchPolicy,
      becomes: (facts: Partial<DeviceFacts>) => change({ ...DESKTOP, ...facts }),
    };
  }

  it("keeps the mesh from the tracker where data is saved, and brings it there when that ends", async () => {
    const { watchPolicy, becomes } = device({ saveData: true });
    const { session, mesh } = started({ tracker }, {}, { watchPolicy });
    expect(session.stats().policy).toBeNull();
    session.playbackStarted();
    await settled();
    expect(session.stats()).toMatchObject({ offReason: "policy", policy: { sharing: "off" } });
    becomes({});
    await settled();
    expect(session.stats().offReason).toBe("tracker-away");
    becomes({ saveData: true });
    expect(mesh.closed).toBe(true);
  });

  it("tells the mesh when only taking is allowed, and what remote configuration makes of it", async () => {
    const { watchPolicy, becomes } = device();
    const { session, mesh } = started({ tracker }, {}, { watchPolicy });
    session.playbackStarted();
    await settled();
    const told = vi.spyOn(mesh, "setSharing");
    becomes({ cellular: true });
    expect(told).toHaveBeenLastCalledWith("full", "download");
    expect(session.stats().policy).toMatchObject({ sharing: "download" });
    mesh.remoteSharing = "full";
    expect(session.stats().policy?.sharing).toBe("full");
    expect(session.stats().policy?.rules.map(({ rule }) => rule)).toEqual(["device", "cellular", "remote"]);
  });

  it.each([
    ["fails", "no-data-channel"],
    ["crashed", "crashed-before"],
  ] as const)("leaves the player alone where trying data channels says %s", async (verdict, reason) => {
    const createMesh = vi.fn(() => new FakeMesh());
    const { session } = started({ tracker }, {}, { createMesh, probe: async () => verdict });
    session.playbackStarted();
    await settled();
    expect(session.stats().offReason).toBe(reason);
    expect(createMesh).not.toHaveBeenCalled();
  });
});

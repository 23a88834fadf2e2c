import { decodeFrame, type PeerId, type SegmentId } from "@shoal/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { TestSwarm } from "../testing/swarm.fixture.ts";

let swarm: TestSwarm;
afterEach(() => swarm.stop());

function expectUntouched(): void {
  for (const viewer of swarm.viewers) {
    expect(viewer.wrongSegments, "no wrong byte reaches a player").toEqual([]);
    expect(viewer.stallMs, "no viewer stalls").toBe(0);
  }
}

describe("a live swarm on a virtual clock", () => {
  it("takes one CDN copy of each segment for six viewers, and no viewer stalls", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(6, 2100);
    await swarm.clock.pass(20_000);
    const from = swarm.stream.newest;
    await swarm.clock.pass(40_000);
    expect(swarm.copies(from, swarm.stream.newest - 2)).toBeLessThan(1.2);
    expectUntouched();
  });

  it("plays from the CDN when nobody seals, and wastes no time waiting", async () => {
    swarm = new TestSwarm();
    swarm.sealing = false;
    swarm.tracker.setSealing("no-seal");
    await swarm.joinMany(3, 2100);
    await swarm.clock.pass(12_000);
    const before = swarm.viewers.map((viewer) => viewer.session.stats().peerBytes);
    await swarm.clock.pass(20_000);
    expectUntouched();
    for (const viewer of swarm.viewers) expect(viewer.session.stats().offReason).toBe("no-seal");
    expect(swarm.viewers.map((viewer) => viewer.session.stats().peerBytes)).toEqual(before);
  });

  it("goes on with what it knows when seals stop without a word: rescues, not stalls", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(4, 2100);
    await swarm.clock.pass(16_000);
    swarm.sealing = false;
    await swarm.clock.pass(32_000);
    expectUntouched();
  });

  it("loses no playback when half of the viewers vanish at once", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(6, 1100);
    await swarm.clock.pass(14_000);
    for (const viewer of swarm.viewers.splice(0, 3)) viewer.stop();
    await swarm.clock.pass(30_000);
    expectUntouched();
  });

  it("is fed by the half whose CDN works when the other half's answers 503, or hangs", async () => {
    for (const mood of ["503", "hang"] as const) {
      swarm = new TestSwarm();
      await swarm.joinMany(6, 1100);
      await swarm.clock.pass(14_000);
      const cutOff = new Set(swarm.viewers.slice(0, 3).map(({ peerId }) => peerId as string));
      swarm.cdn.mood = (viewer) => (cutOff.has(viewer) ? mood : "well");
      await swarm.clock.pass(20_000);
      swarm.cdn.mood = () => "well";
      await swarm.clock.pass(12_000);
      expectUntouched();
      swarm.stop();
    }
  });

  it("asks neighbours for what a hung range was to bring, while there is buffer", async () => {
    for (const gapMs of [1_100, 1_700]) {
      swarm = new TestSwarm({ segmentBytes: 750_000 });
      await swarm.joinMany(12, gapMs);
      await swarm.clock.pass(30_000);
      const cutOff = new Set(swarm.viewers.filter((_, at) => at % 2 === 1).map(({ peerId }) => peerId as string));
      const first = swarm.stream.newest;
      swarm.cdn.mood = (viewer) => (cutOff.has(viewer) ? "hang" : "well");
      await swarm.clock.pass(20_000);
      const last = swarm.stream.newest;
      swarm.cdn.mood = () => "well";
      await swarm.clock.pass(12_000);
      expectUntouched();
      expect(swarm.copies(first, last), "one steps in for who failed, not all").toBeLessThan(1.15);
      swarm.stop();
    }
  });

  it("tells the tracker of a segment that nobody has sealed: all of few viewers, of a cluster those who are to fetch", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(3, 1100);
    await swarm.clock.pass(14_000);
    let told: { segmentId: SegmentId; from: PeerId }[] = [];
    swarm.tracker.onNews = ({ segmentId }, from) => told.push({ segmentId, from });
    await swarm.clock.pass(8_000);
    const before = told.length;
    swarm.sealing = false;
    const first = swarm.stream.newest + 1;
    await swarm.clock.pass(8_000);
    const tellers = (number: number): PeerId[] =>
      told.flatMap(({ segmentId, from }) => (segmentId === swarm.stream.id(number) ? from : [])).sort();
    const everybody = swarm.viewers.map(({ peerId }) => peerId).sort();
    expect(tellers(first)).toEqual(everybody);
    expect(before, "what is sealed before a playlist lists it is told of by nobody").toBeLessThan(
      tellers(first).length,
    );
    const member = swarm.peerId(1);
    swarm.tracker.setRoster(swarm.stream.trackId, [member]);
    told = [];
    const second = swarm.stream.newest + 1;
    await swarm.clock.pass(8_000);
    expect(tellers(second)).toEqual([member]);
    expectUntouched();
  });

  it("holds requests while the CDN fails for all, and plays on soon after", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(6, 1100);
    await swarm.clock.pass(14_000);
    swarm.cdn.mood = () => "503";
    await swarm.clock.pass(20_000);
    const stalled = swarm.viewers.map(({ stallMs }) => stallMs);
    swarm.cdn.mood = () => "well";
    await swarm.clock.pass(16_000);
    swarm.viewers.forEach((viewer, at) => {
      expect(viewer.failures).toEqual([]);
      expect(viewer.stallMs - (stalled[at] ?? 0)).toBeLessThanOrEqual(2_000);
      expect(viewer.bufferedMs).toBeGreaterThan(3_000);
    });
  });

  it("shares on while the tracker is away as long as somebody brings seals", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(4, 1100);
    await swarm.clock.pass(14_000);
    const before = swarm.viewers.map((viewer) => viewer.session.stats().peerBytes);
    swarm.tracker.stop({ sealsGoOn: true });
    await swarm.clock.pass(32_000);
    expectUntouched();
    swarm.viewers.forEach((viewer, at) => {
      expect(viewer.session.stats().peerBytes).toBeGreaterThan((before[at] ?? 0) + 800_000);
    });
  });

  it("takes ranges from a server that ignores them without harm", async () => {
    swarm = new TestSwarm();
    swarm.cdn.ignoresRanges = true;
    await swarm.joinMany(4, 1100);
    await swarm.clock.pass(30_000);
    expectUntouched();
  });

  it("gives nothing in download mode and everything again in full mode", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(3, 1100);
    await swarm.clock.pass(10_000);
    const [first] = swarm.viewers;
    first?.session.setSharing("download");
    await swarm.clock.pass(2_000);
    const sent = first?.session.stats().uploadedBytes ?? 0;
    await swarm.clock.pass(16_000);
    expect(first?.session.stats().uploadedBytes).toBe(sent);
    first?.session.setSharing("full");
    await swarm.clock.pass(24_000);
    expect(first?.session.stats().uploadedBytes).toBeGreaterThan(sent);
    expectUntouched();
  });

  it("tells those who came meanwhile what it holds once it gives again", async () => {
    swarm = new TestSwarm({ live: false, windowSegments: 7 });
    const giver = swarm.join({ sharing: "download" });
    await swarm.clock.pass(6_000);
    const late = swarm.join({ sharing: "download", memoryBytes: 1024 * 1024 });
    await swarm.clock.pass(2_000);
    expect(late.session.stats().peerBytes).toBe(0);
    giver.session.setSharing("full");
    await swarm.clock.pass(1_000);
    late.seek(0);
    await swarm.clock.pass(10_000);
    expect(late.session.stats().peerBytes).toBeGreaterThan(0);
  });

  it("leaves when sharing is switched off, and comes back when it is switched on", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(3, 1100);
    await swarm.clock.pass(8_000);
    const [first, second] = swarm.viewers;
    first?.session.setSharing("off");
    await swarm.clock.pass(1_000);
    expect(first?.session.stats().offReason).toBe("option");
    expect(second?.session.stats().neighbours.length).toBe(1);
    first?.session.setSharing("full");
    await swarm.clock.pass(3_000);
    expect(first?.session.stats().neighbours.length).toBe(2);
    await swarm.clock.pass(8_000);
    expectUntouched();
  });

  it("obeys the operator's kill switch and its end", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(2, 1100);
    await swarm.clock.pass(8_000);
    swarm.tracker.configure({ sharing: "off", maxPeers: null, memoryBytes: null });
    await swarm.clock.pass(500);
    for (const viewer of swarm.viewers) {
      expect(viewer.session.stats().offReason).toBe("remote");
      expect(viewer.session.stats().neighbours).toEqual([]);
    }
    await swarm.clock.pass(10_000);
    expectUntouched();
  });

  it("obeys the kill switch also when the tracker that said it is gone", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(2, 1100);
    await swarm.clock.pass(8_000);
    swarm.tracker.configure({ sharing: "off", maxPeers: null, memoryBytes: null });
    await swarm.clock.pass(500);
    swarm.tracker.stop();
    const before = swarm.viewers.map((viewer) => viewer.session.stats().peerBytes);
    await swarm.clock.pass(120_000);
    expect(swarm.viewers.map((viewer) => viewer.session.stats().offReason)).toEqual(["remote", "remote"]);
    expect(swarm.viewers.map((viewer) => viewer.session.stats().peerBytes)).toEqual(before);
    expectUntouched();
  });

  it("keeps within its memory budget", async () => {
    swarm = new TestSwarm();
    for (let i = 0; i < 3; i++) swarm.join({ memoryBytes: 1024 * 1024 });
    for (let i = 0; i < 20; i++) {
      await swarm.clock.pass(2_000);
      for (const viewer of swarm.viewers) {
        expect(viewer.session.stats().storedBytes).toBeLessThanOrEqual(1024 * 1024);
      }
    }
    expectUntouched();
  });

  it("does not exceed its upload budget", async () => {
    swarm = new TestSwarm();
    const limited = swarm.join({ maxUploadBytesPerSecond: 50_000 });
    await swarm.joinMany(3, 1000);
    await swarm.clock.pass(10_000);
    const before = limited.session.stats().uploadedBytes;
    await swarm.clock.pass(20_000);
    expect(limited.session.stats().uploadedBytes - before).toBeLessThan(50_000 * 21 + 16_384);
    expectUntouched();
  });
});

describe("far behind the live edge", () => {
  it("nobody waits for the turn of others, who are elsewhere", async () => {
    swarm = new TestSwarm({ windowSegments: 30, segmentBytes: 1_500_000 });
    await swarm.joinMany(6, 500);
    await swarm.clock.pass(12_000);
    const [first] = swarm.viewers;
    first?.seek(swarm.stream.newest * swarm.stream.segmentMs - 80_000);
    await swarm.clock.until(() => (first?.bufferedMs ?? 0) > 0, 2_000);
    const sought = swarm.viewers.map(({ stallMs }) => stallMs); // a seek waits for its own first bytes
    await swarm.clock.pass(16_000);
    expect(first?.bufferedMs).toBeGreaterThan(20_000);
    expect(swarm.viewers.map(({ stallMs }) => stallMs)).toEqual(sought);
    expect(sought.slice(1), "the others play on").toEqual([0, 0, 0, 0, 0]);
    for (const viewer of swarm.viewers) expect(viewer.wrongSegments).toEqual([]);
  });
});

describe("an on-demand swarm on a virtual clock", () => {
  it("feeds a late viewer from those who are ahead", async () => {
    swarm = new TestSwarm({ live: false, windowSegments: 40 });
    await swarm.joinMany(3, 4000);
    await swarm.clock.pass(12_000);
    const late = swarm.join();
    await swarm.clock.pass(60_000);
    const { peerBytes, cdnBytes } = late.session.stats();
    expect(peerBytes).toBeGreaterThan(3 * cdnBytes);
    expectUntouched();
  });

  it("gives whoever comes last all that the others hold, at once, however much that is", async () => {
    swarm = new TestSwarm({ live: false, windowSegments: 40 });
    swarm.join();
    await swarm.clock.pass(44_000);
    swarm.sealing = false; // what is sealed already, the first viewer alone can tell
    const late = swarm.join();
    await swarm.clock.pass(8_000);
    expect(late.bufferedMs).toBeGreaterThan(25_000);
    expect(late.session.stats().cdnBytes).toBeLessThanOrEqual(3 * swarm.stream.segmentBytes);
    expectUntouched();
  });

  it("sends no seal to a neighbour that said it has it", async () => {
    swarm = new TestSwarm({ live: false, windowSegments: 40 });
    await swarm.joinMany(2, 1_000);
    await swarm.clock.pass(44_000);
    swarm.join();
    const named = new Set<string>();
    let needed = 0;
    let needless = 0;
    swarm.network.onFrame = (from, to, bytes) => {
      const decoded = decodeFrame(bytes);
      if (!decoded.ok) return;
      const { frame } = decoded.value;
      const arrivedMs = 20;
      if (frame.type === "have" && frame.edition !== 0) {
        swarm.clock.after(arrivedMs, () => named.add(`${frame.segmentId} ${from} ${to}`));
      } else if (frame.type === "seal") {
        if (named.has(`${frame.seal.segmentId} ${to} ${from}`)) needless++;
        else needed++;
      }
    };
    await swarm.clock.pass(8_000);
    expect(needed).toBeGreaterThan(6);
    expect(needless).toBe(0);
    expectUntouched();
  });

  it("plays on after a seek to where nobody has been", async () => {
    swarm = new TestSwarm({ live: false, windowSegments: 60 });
    await swarm.joinMany(3, 1000);
    await swarm.clock.pass(6_000);
    const [first] = swarm.viewers;
    first?.seek(120_000);
    await swarm.clock.until(() => (first?.bufferedMs ?? 0) > 8_000, 5_000);
    await swarm.clock.pass(20_000);
    for (const viewer of swarm.viewers) expect(viewer.wrongSegments).toEqual([]);
  });
});

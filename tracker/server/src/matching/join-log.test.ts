import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TRACKER_EVENTS } from "@shoal/protocol";
import { expect, it } from "vitest";
import { startTracker } from "../tracker.ts";
import { joinOf, peerId, TestViewers, trackId } from "../viewers.fixture.ts";

it("holds what the matching saw, in order, and no address", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shoal-joins-"));
  const joinLog = join(folder, "joins.log");
  const viewers = new TestViewers();
  try {
    const options = { host: "127.0.0.1", port: 0, open: true, ispFromQuery: true, joinLog };
    const tracker = await startTracker(options, { writeLog: () => {} });
    const viewer = await viewers.join(tracker.url, joinOf(1), "a");
    viewer.socket.emit(TRACKER_EVENTS.status, { tracks: [trackId(2)], nat: "cone" });
    viewer.socket.emit(TRACKER_EVENTS.wantCandidates, { count: 3 });
    await viewer.until(TRACKER_EVENTS.candidates);
    await tracker.close();
    const text = readFileSync(joinLog, "utf8");
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ e }) => e)).toEqual(["join", "want", "status", "want", "leave"]);
    expect(lines[0]).toMatchObject({ s: "/live/master", entry: { peerId: peerId(1), isp: "test:a", freeSlots: 20 } });
    expect(lines[2]).toMatchObject({ patch: { tracks: [trackId(2)], nat: "cone" } });
    expect(text).not.toMatch(/127\.0\.0\.1|::1/);
  } finally {
    viewers.close();
    rmSync(folder, { recursive: true });
  }
});

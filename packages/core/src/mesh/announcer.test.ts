import { decodeFrame, type Frame, NO_SEGMENT, type PeerId, PIECE_SHIFT, segmentIdOf, trackIdOf } from "@shoal/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Announcer } from "./announcer.ts";
import { Copy } from "./copy.ts";
import { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";

let clock: VirtualClock;
let announcer: Announcer;
let uploads: boolean;
let neighbour: Neighbour;
let heard: Frame[];

function copyOf(name: string): Copy {
  const news = { trackId: trackIdOf("v"), previousId: NO_SEGMENT, byteLength: 8 * 65_536, pieceShift: PIECE_SHIFT };
  return new Copy(segmentIdOf(name), news, null, 0);
}

const hold = (copy: Copy, ...pieces: readonly number[]): void => {
  for (const piece of pieces) copy.set(piece, "own", clock.now());
};

beforeEach(() => {
  clock = new VirtualClock();
  heard = [];
  uploads = true;
  const send = (bytes: Uint8Array): boolean => {
    const decoded = decodeFrame(bytes);
    if (decoded.ok) heard.push(decoded.value.frame);
    return true;
  };
  neighbour = new Neighbour(
    "a".repeat(32) as PeerId,
    { queuedBytes: 0, signal: () => {}, close: () => {}, send },
    true,
    new Hearsay(),
  );
  announcer = new Announcer(
    () => [neighbour],
    () => uploads,
    clock,
  );
});

describe("announcements", () => {
  it("are made at once after a silence, and then gathered", async () => {
    const copy = copyOf("a");
    hold(copy, 0);
    announcer.announce(copy);
    expect(heard.length).toBe(1);
    for (const piece of [1, 2, 3]) {
      hold(copy, piece);
      announcer.announce(copy);
      await clock.pass(5);
    }
    expect(heard.length).toBe(1);
    await clock.pass(30);
    expect(heard.length).toBe(2);
    expect(heard[1]).toMatchObject({ type: "have", held: [{ first: 0, count: 4 }], coming: [] });
  });

  it("that a fetch began are made at once: others wait for it", () => {
    const [first, second] = [copyOf("a"), copyOf("b")];
    hold(first, 0);
    announcer.announce(first);
    for (const piece of [2, 3]) second.set(piece, "coming", 0);
    announcer.announceFetch(second, true);
    expect(heard[1]).toMatchObject({ held: [], coming: [{ first: 2, count: 2 }] });
  });

  it("are taken back when a fetch came to nothing and nothing is held", () => {
    const copy = copyOf("a");
    copy.set(0, "coming", 0);
    announcer.announceFetch(copy, true);
    copy.set(0, "missing", 0);
    announcer.announceFetch(copy, false);
    expect(heard.map(({ type }) => type)).toEqual(["have", "drop"]);
  });

  it("of parts are not made to who has all of it, nor any while nothing is sent to others", () => {
    const copy = copyOf("a");
    neighbour.announcement(copy.id).complete = true;
    hold(copy, 0, 1);
    announcer.announce(copy);
    expect(heard).toEqual([]);
    hold(copy, 2, 3, 4, 5, 6, 7);
    announcer.announceFetch(copy, true);
    expect(heard.length).toBe(1);
    uploads = false;
    announcer.announce(copyOf("b"));
    expect(heard.length).toBe(1);
  });
});

import { type PeerId, trackIdOf } from "@shoal/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Electorates } from "./electorates.ts";
import { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";
import { Rosters } from "./roster.ts";

const TRACK = trackIdOf("v/init.mp4");
const self = "0".repeat(32) as PeerId;
const clock = new VirtualClock();
const link = { send: () => true, queuedBytes: 0, signal: () => {}, close: () => {} };

let neighbours: readonly Neighbour[];
let gives: boolean;
let failedMs: number;
let electorates: Electorates;

function neighbour(digit: string, sameIsp: boolean, uploads: boolean = true): Neighbour {
  const made = new Neighbour(digit.repeat(32) as PeerId, link, sameIsp, new Hearsay());
  made.uploads = uploads;
  made.tracks = new Set([TRACK]);
  return made;
}

beforeEach(() => {
  neighbours = [neighbour("1", true), neighbour("2", false), neighbour("3", true, false)];
  gives = true;
  failedMs = Number.NEGATIVE_INFINITY;
  electorates = new Electorates(
    {
      ...{ clock, self, rosters: new Rosters(), weight: () => 7 },
      ...{ neighbours: () => neighbours, uploads: () => gives },
    },
    () => failedMs,
  );
});

const named = (electors: readonly { readonly peerId: PeerId }[]): string =>
  electors.map(({ peerId }) => peerId[0]).join("");

describe("who fetches where the tracker names nobody", () => {
  it("is elected among all who send, ourselves included", () => {
    expect(named(electorates.of(TRACK).electors)).toBe("120");
    expect(electorates.of(trackIdOf("other")).electors).toEqual([{ peerId: self, weight: 7 }]);
  });

  it("is nobody whose CDN failed just now", () => {
    failedMs = clock.now();
    const [first] = neighbours;
    if (first) first.fetchFailedMs = clock.now();
    expect(named(electorates.of(TRACK).electors)).toBe("2");
  });
});

describe("who brings a piece in from another ISP", () => {
  it("is elected among those of our own who send, whatever became of their CDN", () => {
    failedMs = clock.now();
    expect(named(electorates.nearby(TRACK))).toBe("10");
    expect(electorates.nearby(TRACK)).toBe(electorates.nearby(TRACK));
  });

  it("is not us where we send nothing", () => {
    gives = false;
    expect(named(electorates.nearby(TRACK))).toBe("1");
  });

  it("changes as neighbours come", () => {
    expect(named(electorates.nearby(TRACK))).toBe("10");
    neighbours = [...neighbours, neighbour("4", true)];
    expect(named(electorates.nearby(TRACK))).toBe("140");
  });
});

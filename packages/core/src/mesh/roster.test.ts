import type { PeerId, RosterUpdate, TrackId } from "@shoal/protocol";
import { expect, it } from "vitest";
import { Rosters } from "./roster.ts";

const TRACK = "00000000000000aa" as TrackId;
const peer = (n: number): PeerId => n.toString(16).padStart(32, "0") as PeerId;
const update = (more: Partial<RosterUpdate>): RosterUpdate => ({
  trackId: TRACK,
  epoch: 1,
  from: 0,
  viewers: 100,
  add: [],
  gone: [],
  ...more,
});
const ids = (rosters: Rosters): PeerId[] | undefined => rosters.of(TRACK)?.electors.map(({ peerId }) => peerId);

it("a list is taken whole, and then by changes", () => {
  const rosters = new Rosters();
  expect(rosters.of(TRACK)).toBeNull();
  rosters.update(update({ add: [peer(1), peer(2)].map((peerId) => [peerId, 50]) }));
  expect(ids(rosters)).toEqual([peer(1), peer(2)]);
  rosters.update(update({ epoch: 2, from: 1, add: [[peer(3), 9]], gone: [peer(1)] }));
  expect(ids(rosters)).toEqual([peer(2), peer(3)]);
  expect(rosters.of(TRACK)).toMatchObject({ named: true, viewers: 100 });
});

it("the same electorate is the same object until it changes: what was computed for it stays good", () => {
  const rosters = new Rosters();
  rosters.update(update({}));
  const before = rosters.of(TRACK);
  expect(rosters.of(TRACK)).toBe(before);
  rosters.update(update({ epoch: 2, from: 1 }));
  expect(rosters.of(TRACK)).not.toBe(before);
});

it("a change of a list that is not ours leaves none, and so does the end", () => {
  const rosters = new Rosters();
  rosters.update(update({}));
  rosters.update(update({ epoch: 5, from: 4 }));
  expect(rosters.of(TRACK)).toBeNull();
  rosters.update(update({}));
  rosters.update(update({ viewers: 0 }));
  expect(rosters.of(TRACK)).toBeNull();
});

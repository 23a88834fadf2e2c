import type { PeerId, RosterUpdate, TrackId } from "@shoal/protocol";
import { expect, it } from "vitest";
import { type RosterNotice, Rosters, type RosterViewer } from "./rosters.ts";

const peer = (n: number): PeerId => n.toString(16).padStart(32, "0") as PeerId;
const TRACK = "00000000000000aa" as TrackId;
const LATER_MS = 120_000;

function viewer(n: number, more: Partial<RosterViewer> = {}): RosterViewer {
  const uplinkBps = (1 + (n % 20)) * 1_000_000;
  return { peerId: peer(n), isp: "a", tracks: [TRACK], uploads: true, uplinkBps, joinedMs: 0, ...more };
}

const crowd = (count: number, more: Partial<RosterViewer> = {}, first: number = 0): RosterViewer[] =>
  Array.from({ length: count }, (_, at) => viewer(first + at, more));

/** What each viewer knows, having been told everything so far in order. */
class Audience {
  readonly known = new Map<PeerId, { epoch: number; viewers: number; members: Map<PeerId, number> }>();

  tell(notices: readonly RosterNotice[]): this {
    for (const { to, update } of notices) this.#apply(to, update);
    return this;
  }

  members(n: number): PeerId[] {
    return [...(this.known.get(peer(n))?.members.keys() ?? [])].sort();
  }

  #apply(to: PeerId, { epoch, from, viewers, add, gone }: RosterUpdate): void {
    const before = this.known.get(to);
    if (viewers === 0) return void this.known.delete(to);
    if (from !== 0) expect(before?.epoch).toBe(from);
    const members = new Map(from === 0 ? [] : before?.members);
    for (const peerId of gone) members.delete(peerId);
    for (const [peerId, weight] of add) members.set(peerId, weight);
    this.known.set(to, { epoch, viewers, members });
  }
}

it("names nobody for a handful of viewers: they elect among themselves", () => {
  expect(new Rosters().review(crowd(29), LATER_MS)).toEqual([]);
});

it("names the fast who send, tells them all the same list, and the others only that there is one", () => {
  const viewers = [...crowd(60), viewer(99, { uplinkBps: 90_000_000, uploads: false })];
  const audience = new Audience().tell(new Rosters().review(viewers, LATER_MS));
  const members = audience.members(19);
  expect(members.length).toBe(16);
  for (const { peerId, uplinkBps } of viewers) {
    const known = audience.known.get(peerId);
    expect(known?.viewers).toBe(61);
    const isMember = members.includes(peerId);
    expect([...(known?.members.keys() ?? [])].sort()).toEqual(isMember ? members : []);
    if (isMember) expect(uplinkBps).toBeGreaterThanOrEqual(15_000_000);
  }
  expect(members).not.toContain(peer(99));
});

it("makes a roster for each large ISP, and one for all the small ones together", () => {
  const small = ["b", "c", "d"].flatMap((isp, at) => crowd(12, { isp }, 100 + 20 * at));
  const audience = new Audience().tell(new Rosters().review([...crowd(40), ...small], LATER_MS));
  expect(audience.known.get(peer(0))?.viewers).toBe(40);
  expect(audience.known.get(peer(100))?.viewers).toBe(36);
  expect(audience.known.get(peer(140))?.viewers).toBe(36);
});

it("changes a list at most once a minute, and tells members only what changed", () => {
  const rosters = new Rosters();
  const audience = new Audience().tell(rosters.review(crowd(80), LATER_MS));
  const before = audience.members(19);
  const faster = [...crowd(80), viewer(200, { uplinkBps: 80_000_000 })];
  const soon = rosters.review(faster, LATER_MS + 30_000);
  expect(soon.map(({ to }) => to)).toEqual([peer(200)]);
  const later = rosters.review(faster, LATER_MS + 61_000);
  audience.tell([...soon, ...later]);
  expect(audience.members(19)).toContain(peer(200));
  const deltas = later.filter(({ update }) => update.from !== 0);
  expect(deltas.map(({ to }) => to).sort()).toEqual(before);
  for (const { update } of deltas) expect(update.add.length + update.gone.length).toBeLessThanOrEqual(3);
  for (const n of [18, 19, 39]) expect(audience.members(n)).toEqual(audience.members(19));
});

it("replaces at once what it loses when many leave together", () => {
  const rosters = new Rosters();
  const audience = new Audience().tell(rosters.review(crowd(80), LATER_MS));
  const gone = new Set(audience.members(19).slice(0, 10));
  const left = crowd(80).filter(({ peerId }) => !gone.has(peerId));
  audience.tell(rosters.review(left, LATER_MS + 2_000));
  const [someone] = left.filter(({ peerId }) => (audience.known.get(peerId)?.members.size ?? 0) > 0);
  const members = [...(audience.known.get(someone?.peerId ?? peer(0))?.members.keys() ?? [])];
  expect(members.length).toBeGreaterThanOrEqual(17);
  for (const peerId of members) expect(gone.has(peerId)).toBe(false);
});

it("prefers who has stayed to who just came, and keeps who is in to who is a little better", () => {
  const rosters = new Rosters();
  const viewers = crowd(40, { uplinkBps: 10_000_000 });
  const audience = new Audience().tell(rosters.review(viewers, LATER_MS));
  const [member] = [...audience.known].find(([, { members }]) => members.size > 0) ?? [];
  const before = [...(audience.known.get(member ?? peer(0))?.members.keys() ?? [])];
  const newcomers = crowd(20, { uplinkBps: 20_000_000, joinedMs: LATER_MS + 60_000 }, 300);
  const equals = crowd(20, { uplinkBps: 12_000_000 }, 400);
  audience.tell(rosters.review([...viewers, ...newcomers, ...equals], LATER_MS + 61_000));
  const after = [...(audience.known.get(member ?? peer(0))?.members.keys() ?? [])];
  expect(before.every((peerId) => after.includes(peerId))).toBe(true);
  expect(after.some((peerId) => newcomers.some((newcomer) => newcomer.peerId === peerId))).toBe(false);
});

it("tells a viewer whose cluster has ended, or who changed its track, that there is no roster", () => {
  const rosters = new Rosters();
  const audience = new Audience().tell(rosters.review(crowd(40), LATER_MS));
  expect(audience.known.size).toBe(40);
  audience.tell(rosters.review(crowd(10), LATER_MS + 4_000));
  for (const { peerId } of crowd(10)) expect(audience.known.has(peerId)).toBe(false);
});

it("tells everything again to a viewer that came back on another socket", () => {
  const rosters = new Rosters();
  rosters.review(crowd(40), LATER_MS);
  expect(rosters.review(crowd(40), LATER_MS + 2_000)).toEqual([]);
  rosters.forget(peer(19), [TRACK]);
  const again = rosters.review(crowd(40), LATER_MS + 4_000);
  expect(again.map(({ to, update }) => [to, update.from])).toEqual([[peer(19), 0]]);
});

import { type PeerId, type SwarmId, segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { MemoryNetwork } from "../testing/memory-transport.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Hearsay } from "./hearsay.ts";
import { Neighbourhood } from "./neighbourhood.ts";

const peer = (n: number): PeerId => (segmentIdOf(`p${n}`) + segmentIdOf(`q${n}`)) as PeerId;
const candidate = (n: number, sameIsp: boolean = true) => ({ peerId: peer(n), sameIsp, sameTrack: true });

/** Viewers whose signals reach each other through a tracker that knows everybody. */
class Town {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly all = new Map<PeerId, Neighbourhood>();
  readonly left: string[] = [];
  /** Whether two viewers are in one ISP. */
  near: (a: PeerId, b: PeerId) => boolean = () => true;

  add(n: number, { swarm = "/a", maxPeers = 20 }: { swarm?: string; maxPeers?: number } = {}): Neighbourhood {
    const self = peer(n);
    const town: Neighbourhood = new Neighbourhood(
      { transport: this.network.transport(self), clock: this.clock, hearsay: new Hearsay() },
      { peerId: self, swarm: swarm as SwarmId, maxPeers },
      {
        signal: ({ peerId, attempt, data }) => {
          this.clock.after(3, () =>
            this.all.get(peerId)?.signal({ peerId: self, attempt, data, sameIsp: this.near(self, peerId) }),
          );
        },
        joined: () => {},
        frame: () => {},
        drain: () => {},
        left: (neighbour) => this.left.push(`${n} lost ${neighbour.peerId}`),
      },
    );
    this.all.set(self, town);
    return town;
  }
}

const peersOf = (neighbourhood: Neighbourhood): PeerId[] => neighbourhood.all.map(({ peerId }) => peerId);

describe("the neighbourhood", () => {
  it("meets whom the tracker names, from both sides", async () => {
    const town = new Town();
    const [a, b] = [town.add(1), town.add(2)];
    b.introduce([candidate(1)]);
    await town.clock.pass(1000);
    expect(peersOf(a)).toEqual([peer(2)]);
    expect(peersOf(b)).toEqual([peer(1)]);
    expect([a, b].map(({ all }) => all[0]?.sameIsp)).toEqual([true, true]);
  });

  it("ends with one connection when both offer at the same moment", async () => {
    const town = new Town();
    const [a, b] = [town.add(1), town.add(2)];
    a.introduce([candidate(2)]);
    b.introduce([candidate(1)]);
    await town.clock.pass(20_000);
    expect(peersOf(a)).toEqual([peer(2)]);
    expect(peersOf(b)).toEqual([peer(1)]);
  });

  it("opens no more connections than it may, and accepts few beyond", async () => {
    const town = new Town();
    const small = town.add(0, { maxPeers: 3 });
    for (let n = 1; n <= 12; n++) town.add(n);
    const many = Array.from({ length: 12 }, (_, n) => candidate(n + 1));
    for (let times = 0; times < 3; times++) small.introduce(many);
    await town.clock.pass(1000);
    expect(small.all.length).toBe(3);
    for (const [peerId, other] of town.all) if (peerId !== peer(0)) other.introduce([candidate(0)]);
    await town.clock.pass(30_000);
    expect(small.all.length).toBeLessThanOrEqual(7);
  });

  it("leaves half of its connections to those who come later, where there are many; knows everybody where there are few", async () => {
    const town = new Town();
    const [large, small] = [town.add(0, { maxPeers: 8 }), town.add(20, { maxPeers: 8 })];
    for (let n = 1; n <= 16; n++) town.add(n);
    large.introduce(Array.from({ length: 16 }, (_, n) => candidate(n + 1)));
    small.introduce(Array.from({ length: 7 }, (_, n) => candidate(n + 1)));
    await town.clock.pass(1000);
    expect(large.all.length).toBe(4);
    expect(small.all.length).toBe(7);
  });

  it("refuses an offer for which it has no room, so that the other may try elsewhere at once", async () => {
    const town = new Town();
    town.add(0, { maxPeers: 0 });
    for (let n = 1; n <= 6; n++) town.add(n);
    for (let n = 1; n <= 6; n++) town.all.get(peer(n))?.introduce([candidate(0)]);
    await town.clock.pass(1000);
    const free = [1, 2, 3, 4, 5, 6].map((n) => town.all.get(peer(n))?.freeSlots);
    expect(free.filter((slots) => slots === 20).length).toBe(2);
  });

  it("gives up neighbours of other ISPs for near ones, but keeps a few: no ISP becomes an island", async () => {
    const town = new Town();
    town.near = (a, b) => [a, b].every((id) => [0, 11, 12, 13, 14, 15, 16, 17, 18].some((n) => peer(n) === id));
    const full = town.add(0, { maxPeers: 8 });
    for (let n = 1; n <= 18; n++) town.add(n);
    for (const first of [1, 5]) full.introduce(Array.from({ length: 4 }, (_, n) => candidate(n + first, false)));
    await town.clock.pass(1000);
    expect(full.all.length).toBe(8);
    expect(full.freeSlots).toBe(6);
    for (const first of [11, 15]) full.introduce(Array.from({ length: 4 }, (_, n) => candidate(n + first)));
    await town.clock.pass(1000);
    expect(full.all.filter(({ sameIsp }) => sameIsp).length).toBe(6);
    expect(full.all.filter(({ sameIsp }) => !sameIsp).length).toBe(2);
    expect(full.freeSlots).toBe(0);
  });

  it("takes somebody new in place of the least useful now and then, ever more seldom", async () => {
    const town = new Town();
    const full = town.add(0, { maxPeers: 4 });
    for (let n = 1; n <= 8; n++) town.add(n);
    for (const first of [1, 3]) full.introduce([candidate(first), candidate(first + 1)]);
    await town.clock.pass(1000);
    for (const neighbour of full.all) if (neighbour.peerId !== peer(2)) neighbour.received(1000, town.clock.now());
    expect(full.wantsAnother()).toBe(false);
    full.introduce([candidate(5)]);
    await town.clock.pass(39_000);
    expect(peersOf(full)).not.toContain(peer(5));

    expect(full.wantsAnother()).toBe(true);
    full.introduce([candidate(1), candidate(6), candidate(7)]);
    await town.clock.pass(1000);
    expect(peersOf(full).sort()).toEqual([1, 3, 4, 6].map(peer).sort());
    await town.clock.pass(30_000);
    expect(full.wantsAnother()).toBe(false);
    await town.clock.pass(10_000);
    expect(full.wantsAnother()).toBe(true);
    await town.clock.pass(70_000);
    expect(full.wantsAnother()).toBe(false);
  });

  it("loses nobody where the one who should replace it does not come", async () => {
    const town = new Town();
    const full = town.add(0, { maxPeers: 2 });
    for (let n = 1; n <= 2; n++) town.add(n);
    for (const n of [1, 2]) full.introduce([candidate(n)]);
    await town.clock.pass(45_000);
    expect(full.wantsAnother()).toBe(true);
    full.introduce([candidate(3)]);
    await town.clock.pass(20_000);
    expect(peersOf(full).sort()).toEqual([1, 2].map(peer).sort());
  });

  it("does not stay with a viewer of another swarm, nor come back to a convicted one", async () => {
    const town = new Town();
    const [a, b, c] = [town.add(1), town.add(2, { swarm: "/b" }), town.add(3)];
    a.introduce([candidate(2), candidate(3)]);
    await town.clock.pass(1000);
    expect(peersOf(a)).toEqual([peer(3)]);
    expect(peersOf(b)).toEqual([]);
    a.drop(peer(3), "convicted");
    c.introduce([candidate(1)]);
    a.introduce([candidate(3)]);
    await town.clock.pass(20_000);
    expect(peersOf(a)).toEqual([]);
  });

  it("gives up an offer that nobody answers, and may try again", async () => {
    const town = new Town();
    const a = town.add(1);
    a.introduce([candidate(2)]);
    expect(a.freeSlots).toBe(19);
    await town.clock.pass(16_000);
    expect(a.freeSlots).toBe(20);
    town.add(2);
    a.introduce([candidate(2)]);
    await town.clock.pass(1000);
    expect(peersOf(a)).toEqual([peer(2)]);
  });

  it("notices when a neighbour leaves, once", async () => {
    const town = new Town();
    const [a, b] = [town.add(1), town.add(2)];
    a.introduce([candidate(2)]);
    await town.clock.pass(1000);
    b.close();
    await town.clock.pass(1000);
    expect(peersOf(a)).toEqual([]);
    expect(town.left.filter((line) => line.startsWith("1 "))).toEqual([`1 lost ${peer(2)}`]);
  });
});

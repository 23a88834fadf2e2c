import { type PeerId, type SwarmId, segmentIdOf } from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { MemoryNetwork } from "../testing/memory-transport.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Neighbourhood } from "./neighbourhood.ts";

const peer = (n: number): PeerId => (segmentIdOf(`p${n}`) + segmentIdOf(`q${n}`)) as PeerId;
const candidate = (n: number) => ({ peerId: peer(n), sameIsp: true, sameTrack: true });

/** Viewers whose signals reach each other through a tracker that knows everybody. */
class Town {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly all = new Map<PeerId, Neighbourhood>();
  readonly left: string[] = [];

  add(n: number, { swarm = "/a", maxPeers = 20 }: { swarm?: string; maxPeers?: number } = {}): Neighbourhood {
    const self = peer(n);
    const town: Neighbourhood = new Neighbourhood(
      { transport: this.network.transport(self), clock: this.clock },
      { peerId: self, swarm: swarm as SwarmId, maxPeers },
      {
        signal: ({ peerId, attempt, data }) => {
          this.clock.after(3, () => this.all.get(peerId)?.signal({ peerId: self, attempt, data, sameIsp: true }));
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
    small.introduce(Array.from({ length: 12 }, (_, n) => candidate(n + 1)));
    await town.clock.pass(1000);
    expect(small.all.length).toBe(3);
    for (const [peerId, other] of town.all) if (peerId !== peer(0)) other.introduce([candidate(0)]);
    await town.clock.pass(30_000);
    expect(small.all.length).toBeLessThanOrEqual(7);
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

import { afterEach, describe, expect, it } from "vitest";
import { TestSwarm } from "../testing/swarm.fixture.ts";

let swarm: TestSwarm;
afterEach(() => swarm.stop());

describe("a live swarm on a virtual clock", () => {
  it("takes one CDN copy of each segment for six viewers, and no viewer stalls", async () => {
    swarm = new TestSwarm();
    await swarm.joinMany(6, 2100);
    await swarm.clock.pass(20_000);
    const from = swarm.stream.newest;
    await swarm.clock.pass(60_000);
    console.log(
      swarm.copies(from, swarm.stream.newest - 2),
      swarm.viewers.map((v) => [
        v.stallMs,
        v.session.stats().peerBytes,
        v.session.stats().cdnBytes,
        v.session.stats().wastedBytes,
        v.session.stats().rescues,
        v.bufferedMs,
        v.session.stats().offReason,
        v.session.stats().neighbours.length,
      ]),
    );
    expect(swarm.copies(from, swarm.stream.newest - 2)).toBeLessThan(1.3);
  });
});

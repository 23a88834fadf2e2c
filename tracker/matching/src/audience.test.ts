import fc from "fast-check";
import { expect, it } from "vitest";
import { Audience } from "./audience.ts";
import { draws, entry, peer, track } from "./crowd.fixture.ts";
import { SwarmTable } from "./swarm-table.ts";

const TICK_MS = 10_000;

it("whoever comes and goes, of whatever ISPs, a swarm is one", () => {
  const step = fc.record({
    joins: fc.nat(30),
    leaves: fc.nat(20),
    isps: fc.integer({ min: 1, max: 12 }),
    tracks: fc.integer({ min: 1, max: 4 }),
    maxPeers: fc.integer({ min: 4, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 14 }), fc.nat(), (steps, seed) => {
      const random = draws(seed);
      const audience = new Audience(new SwarmTable(), random);
      let next = 0;
      let nowMs = 0;
      for (const { joins, leaves, isps, tracks, maxPeers } of steps) {
        for (let i = 0; i < joins; i++) {
          const n = next++;
          // The first ISP is large, the others ever smaller.
          const isp = `${Math.floor(random() * random() * isps)}`;
          audience.join(entry(n, { isp, tracks: [track(Math.floor(random() * tracks))], freeSlots: maxPeers }));
          audience.ask(peer(n), 24, nowMs);
        }
        for (let i = 0; i < leaves; i++) {
          const { peers } = audience;
          const gone = peers[Math.floor(random() * peers.length)];
          if (gone) audience.leave(gone);
        }
        nowMs += TICK_MS;
        audience.askAll(8, nowMs);
      }
      for (let i = 1; i <= 3; i++) audience.askAll(8, nowMs + i * TICK_MS);
      const { viewers, components } = audience.mesh();
      expect(components).toBe(Math.min(1, viewers));
    }),
    { numRuns: 60, seed: 17 },
  );
});

it("a flash crowd becomes one mesh, mostly within ISPs, with nobody much busier than the others", () => {
  const random = draws(5);
  const audience = new Audience(new SwarmTable(), random);
  for (let n = 0; n < 3_000; n++) {
    audience.join(entry(n, { isp: `${Math.floor(random() * 4)}`, tracks: [track(n % 3)] }));
    // 150 a second: ten times as many as reservations would have slots for, if each were one for good.
    audience.ask(peer(n), 24, Math.floor(n / 150) * 1_000);
  }
  const { components, sameIsp, busiest } = audience.mesh();
  expect(components).toBe(1);
  expect(audience.offeredSameIsp / audience.offered).toBeGreaterThanOrEqual(0.8);
  expect(sameIsp).toBeGreaterThanOrEqual(0.8);
  expect(busiest).toBeLessThanOrEqual(2);
});

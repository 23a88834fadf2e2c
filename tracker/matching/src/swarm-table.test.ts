import type { PeerId, TrackId } from "@shoal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draws, entry, peer, track } from "./crowd.fixture.ts";
import type { Entry } from "./entry.ts";
import { MATCHING_DEFAULTS, SwarmTable } from "./swarm-table.ts";

describe("a small swarm", () => {
  it("becomes one full mesh: every newcomer is offered everybody before it", () => {
    const table = new SwarmTable();
    const random = draws(1);
    for (let n = 0; n < 20; n++) {
      table.add(entry(n, { isp: n % 2 ? "a" : "b", tracks: [track(n % 3)] }));
      const offered = table.pick(peer(n), 24, 0, random).map((candidate) => candidate.peerId);
      expect(new Set(offered)).toEqual(new Set(Array.from({ length: n }, (_, i) => peer(i))));
    }
  });

  it("offers the same ISP and track first, then the same ISP, then the same track", () => {
    const table = new SwarmTable();
    table.add(entry(1, { isp: "b", tracks: [track(2)] }));
    table.add(entry(2, { isp: "b" }));
    table.add(entry(3, { tracks: [track(2)] }));
    table.add(entry(4));
    table.add(entry(9));
    const order = table.pick(peer(9), 24, 0, draws(1)).map((candidate) => candidate.peerId);
    expect(order).toEqual([peer(4), peer(3), peer(2), peer(1)]);
  });

  it("still offers everybody when many join within the time that slots stay reserved", () => {
    const table = new SwarmTable();
    for (let n = 0; n < 12; n++) table.add(entry(n, { freeSlots: 4 }));
    for (let n = 0; n < 12; n++) expect(table.pick(peer(n), 24, 0, draws(n))).toHaveLength(11);
  });
});

describe("a large swarm", () => {
  const crowd = (count: number) => {
    const table = new SwarmTable();
    for (let n = 0; n < count; n++) table.add(entry(n, { isp: n % 4 ? "a" : "b", tracks: [track(n % 2)] }));
    return table;
  };

  it("answers mostly from the same ISP, and always with somebody from elsewhere", () => {
    const table = crowd(2_000);
    const random = draws(7);
    for (let n = 0; n < 200; n++) {
      const answer = table.pick(peer(n), 16, 0, random);
      const far = answer.filter((candidate) => !candidate.sameIsp).length;
      expect(answer).toHaveLength(16);
      expect(far).toBeGreaterThanOrEqual(1);
      expect(far).toBeLessThanOrEqual(n % 4 ? 3 : 10);
    }
  });

  it("does not hand the same free slot to all newcomers of one second", () => {
    const table = new SwarmTable({ meshSize: 0 });
    for (let n = 0; n < 40; n++) table.add(entry(n, { freeSlots: 2 }));
    const random = draws(3);
    const offered = new Map<PeerId, number>();
    for (let n = 100; n < 110; n++) {
      table.add(entry(n, { freeSlots: 16, sharing: "download" }));
      for (const { peerId } of table.pick(peer(n), 8, 0, random)) offered.set(peerId, (offered.get(peerId) ?? 0) + 1);
    }
    expect(Math.max(...offered.values())).toBeLessThanOrEqual(2);
  });

  it("offers a viewer again once its reservations ran out", () => {
    const table = new SwarmTable({ meshSize: 0, least: 0 });
    table.add(entry(1, { freeSlots: 1 }));
    table.add(entry(2));
    table.add(entry(3));
    const picks = (nowMs: number) => table.pick(peer(2), 8, nowMs, draws(1)).map((candidate) => candidate.peerId);
    expect(picks(0)).toContain(peer(1));
    expect(picks(1)).not.toContain(peer(1));
    expect(picks(MATCHING_DEFAULTS.reserveMs)).toContain(peer(1));
  });

  it("counts a reservation that became a connection once, not twice", () => {
    const table = new SwarmTable({ meshSize: 0 });
    table.add(entry(1, { freeSlots: 2 }));
    table.add(entry(2));
    table.pick(peer(2), 8, 0, draws(1));
    table.update(peer(1), { freeSlots: 1 });
    expect(table.pick(peer(2), 8, 1, draws(1))).toHaveLength(1);
  });
});

it("never offers oneself, anybody twice, who left, who has no slot, who is withheld or does not share", () => {
  const step = fc.record({
    kind: fc.constantFrom("add", "update", "remove", "pick" as const),
    peer: fc.nat(60),
    isp: fc.constantFrom("a", "b", "c"),
    tracks: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
    freeSlots: fc.nat(4),
    sharing: fc.constantFrom("full" as const, "download" as const, "off" as const),
    withheld: fc.boolean(),
    advanceMs: fc.nat(8_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(30), fc.nat(), (steps, meshSize, seed) => {
      const table = new SwarmTable({ meshSize });
      const model = new Map<PeerId, Entry>();
      const random = draws(seed);
      let nowMs = 0;
      for (const { kind, advanceMs, ...fields } of steps) {
        nowMs += advanceMs;
        const peerId = peer(fields.peer);
        const next = entry(fields.peer, { ...fields, tracks: fields.tracks.map(track) });
        if (kind === "add") {
          table.add(next);
          model.set(peerId, next);
        } else if (kind === "remove") {
          table.remove(peerId);
          model.delete(peerId);
        } else if (kind === "update") {
          const { tracks, freeSlots, sharing, withheld } = next;
          table.update(peerId, { tracks, freeSlots, sharing, withheld });
          const known = model.get(peerId);
          if (known) model.set(peerId, { ...known, tracks, freeSlots, sharing, withheld });
        } else {
          const offered = table.pick(peerId, 8, nowMs, random);
          const self = model.get(peerId);
          expect(offered.length).toBeLessThanOrEqual(8);
          expect(new Set(offered.map((candidate) => candidate.peerId)).size).toBe(offered.length);
          for (const candidate of offered) {
            const other = model.get(candidate.peerId);
            expect(candidate.peerId).not.toBe(peerId);
            expect(other?.freeSlots).toBeGreaterThan(0);
            expect(other?.withheld).toBe(false);
            expect(other?.sharing).not.toBe("off");
            expect(candidate.sameIsp).toBe(other?.isp === self?.isp);
            expect(candidate.sameTrack).toBe(other?.tracks.some((id) => self?.tracks.includes(id)));
          }
        }
        expect(table.size).toBe(model.size);
      }
      const counts = new Map<TrackId, number>();
      for (const known of model.values()) for (const id of known.tracks) counts.set(id, (counts.get(id) ?? 0) + 1);
      expect(new Map(table.viewersByTrack())).toEqual(counts);
    }),
    { numRuns: 200 },
  );
});

import { describe, expect, it } from "vitest";
import { draws, entry, peer, track } from "./crowd.fixture.ts";
import type { Entry } from "./entry.ts";
import { MATCHING_DEFAULTS, SwarmTable } from "./swarm-table.ts";

/** A swarm of so many, each as `of` says, and one who asks: number 0. */
function swarm(count: number, self: Partial<Entry>, of: (n: number) => Partial<Entry>, options = {}) {
  const table = new SwarmTable({ ...options });
  table.add(entry(0, self));
  for (let n = 1; n <= count; n++) table.add(entry(n, of(n)));
  return table;
}

/** Share of the answers to number 0 that pass a test on the candidate's entry. */
function share(table: SwarmTable, test: (entry: Entry) => boolean, count = 16): number {
  const random = draws(11);
  let all = 0;
  let fit = 0;
  for (let at = 0; at < 100; at++) {
    // Long enough apart for every reservation to be over.
    for (const { peerId } of table.pick(peer(0), count, at * MATCHING_DEFAULTS.reserveMs, random)) {
      const other = table.get(peerId);
      all++;
      if (other && test(other)) fit++;
    }
  }
  return fit / all;
}

it("at least four fifths are of the same ISP where there are enough, and some always from elsewhere", () => {
  const table = swarm(5_000, {}, (n) => ({ isp: n % 20 === 0 ? "a" : `${n % 40}`, tracks: [track(n % 5)] }));
  for (const count of [8, 16, 24]) {
    const same = share(table, ({ isp }) => isp === "a", count);
    expect(same).toBeGreaterThanOrEqual(0.8);
    expect(same).toBeLessThanOrEqual(0.9);
  }
});

it("viewers of an office meet first", () => {
  const table = swarm(2_000, { site: "hq" }, (n) => ({ isp: n % 2 ? "a" : "b", site: n % 100 === 0 ? "hq" : null }));
  const office = table.pick(peer(0), 16, 0, draws(1)).filter(({ peerId }) => table.get(peerId)?.site === "hq");
  expect(office.length).toBeGreaterThanOrEqual(12);
});

it("where an ISP has few, those of the region come before others", () => {
  const table = swarm(2_000, { region: "DE-BY" }, (n) => ({ isp: `${n}`, region: n % 10 ? "FR-75" : "DE-BY" }));
  expect(share(table, ({ region }) => region === "DE-BY")).toBeGreaterThan(0.3);
  expect(share(table, ({ region }) => region === "DE-BY")).toBeLessThan(1);
});

describe("behind a symmetric NAT", () => {
  const nat = (n: number) => ({ nat: n % 2 ? ("symmetric" as const) : ("cone" as const) });

  it("a viewer never meets another one, in a large swarm or a small", () => {
    expect(share(swarm(1_000, { nat: "symmetric" }, nat), (other) => other.nat === "symmetric")).toBe(0);
    expect(share(swarm(10, { nat: "symmetric" }, nat), (other) => other.nat === "symmetric")).toBe(0);
  });

  it("it may where there are relays, though others come first", () => {
    const relayed = share(
      swarm(1_000, { nat: "symmetric" }, nat, { relays: true }),
      (other) => other.nat === "symmetric",
    );
    expect(relayed).toBeGreaterThan(0);
    expect(relayed).toBeLessThan(0.5);
  });
});

it("on demand, those who play the same minutes come first", () => {
  const table = swarm(3_000, { playOffsetMs: 0 }, (n) => ({
    isp: n % 3 ? "a" : "b",
    playOffsetMs: (n % 120) * 60_000,
  }));
  const near = share(table, ({ playOffsetMs }) => (playOffsetMs ?? Number.NaN) <= 180_000);
  expect(near).toBeGreaterThan(0.8);
});

it("one who lately left offers without an answer comes after the others, and is forgiven", () => {
  const table = new SwarmTable();
  for (let n = 0; n < 3; n++) table.add(entry(n));
  table.update(peer(1), { failedMs: 1_000_000 });
  const first = (nowMs: number) => table.pick(peer(0), 4, nowMs, draws(1)).map(({ peerId }) => peerId);
  expect(first(1_001_000)).toEqual([peer(2), peer(1)]);
  expect(table.weigh(peer(0), peer(1), 1_001_000)?.parts.failed).toBeLessThan(-15);
  expect(table.weigh(peer(0), peer(1), 1_061_000)?.parts.failed).toBe(-0);
});

describe("who must stay inside", () => {
  it("meets only its own ISP, site or country, and is met by nobody else", () => {
    for (const inside of ["isp", "site", "country"] as const) {
      const where = (n: number) =>
        n % 2 ? { isp: "a", site: "hq", country: "DE" } : { isp: "b", site: "x", country: "FR" };
      const guarded = swarm(500, { ...where(1), inside }, where);
      expect(share(guarded, (other) => other.isp === "a")).toBe(1);
      const others = swarm(500, where(1), (n) => ({ ...where(n), inside }));
      expect(share(others, (other) => other.isp === "a")).toBe(1);
    }
  });

  it("meets nobody where nobody knows where it is", () => {
    expect(swarm(30, { inside: "country" }, () => ({})).pick(peer(0), 16, 0, draws(1))).toEqual([]);
  });
});

it("explains an answer by level and parts that add up, and reserves nothing for it", () => {
  const table = swarm(300, { region: "DE-BY" }, (n) => ({ isp: n % 4 ? "a" : "b", region: "DE-BY", freeSlots: 1 }));
  table.update(peer(0), { freeSlots: 40 });
  const explained = table.explain(peer(0), 16, 0, draws(2));
  expect(explained.map(({ peerId }) => peerId)).toEqual(
    table.pick(peer(0), 16, 0, draws(2)).map(({ peerId }) => peerId),
  );
  for (const { parts, score, reserved } of explained) {
    expect(Object.values(parts).reduce((sum, part) => sum + part)).toBeCloseTo(score);
    expect(reserved).toBe(0);
  }
  expect(new Set(explained.map(({ level }) => level))).toContain("isp-track");
  for (const { peerId } of explained) expect(table.weigh(peer(0), peerId, 0)?.reserved).toBe(1);
});

import { createLog } from "@shoal/sealer";
import { describe, expect, it } from "vitest";
import { type Cluster, ConflictError } from "./cluster.ts";
import { type HeldLease, type LeaseRecord, nextMove, observe } from "./election.ts";
import { Leadership } from "./leadership.ts";

const record = (more: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...{ holder: "a", seconds: 15, renewed: "2030-01-01T00:00:00.000Z", transitions: 0 },
  ...more,
});
const log = createLog("test", "silent");

/** A Lease with versions, as the API keeps it. */
function leaseStore(): Pick<Cluster, "lease" | "putLease"> & { held: HeldLease | null; down: boolean } {
  const store = {
    held: null as HeldLease | null,
    down: false,
    lease: async () => {
      if (store.down) throw new Error("away");
      return store.held;
    },
    putLease: async (put: LeaseRecord, version: string | null) => {
      if (store.down) throw new Error("away");
      if ((store.held?.version ?? null) !== version) throw new ConflictError("changed");
      store.held = { record: put, version: String(Number(version ?? 0) + 1) };
    },
  };
  return store;
}

describe("the election", () => {
  it("goes by how long a Lease was seen unchanged, whatever time it names", () => {
    const first = observe(null, { record: record({ renewed: "2099-01-01T00:00:00.000Z" }), version: "1" }, 1_000);
    expect(nextMove(first, "b", 15_999)).toBe("wait");
    expect(nextMove(observe(first, { record: first.record, version: "1" }, 9_000), "b", 16_000)).toBe("take");
    const renewed = observe(first, { record: record(), version: "2" }, 15_000);
    expect(nextMove(renewed, "b", 16_000)).toBe("wait");
    expect(nextMove(renewed, "a", 99_000)).toBe("renew");
    expect(nextMove(observe(null, { record: record({ holder: "" }), version: "1" }, 0), "b", 0)).toBe("take");
  });

  it("never has two leaders, whoever turns when, and a new one within a Lease and two turns", async () => {
    const store = leaseStore();
    let nowMs = 0;
    const of = (identity: string) => new Leadership(store, { identity, seconds: 15 }, log, () => nowMs);
    const [a, b] = [of("a"), of("b")];
    await a.turn();
    for (; nowMs < 60_000; nowMs += 2_000) {
      await b.turn();
      await a.turn();
      expect([a.leads, b.leads]).toEqual([true, false]);
    }
    const deadSinceMs = nowMs;
    while (!b.leads) {
      nowMs += 500;
      if (nowMs % 2_000 === 0) await b.turn();
      expect(a.leads && b.leads).toBe(false);
    }
    expect(nowMs - deadSinceMs).toBeLessThanOrEqual(19_000);
    await a.turn();
    expect([a.leads, b.leads]).toEqual([false, true]);
    expect(store.held?.record.transitions).toBe(1);
  });

  it("a leader that cannot reach the API stops before another may begin, and leads on when it is back in time", async () => {
    const store = leaseStore();
    let nowMs = 0;
    const a = new Leadership(store, { identity: "a", seconds: 15 }, log, () => nowMs);
    await a.turn();
    store.down = true;
    nowMs = 9_000;
    await a.turn();
    expect(a.leads).toBe(true);
    nowMs = 10_000;
    expect(a.leads).toBe(false);
    store.down = false;
    await a.turn();
    expect(a.leads).toBe(true);
  });

  it("one that ends gives the Lease up, and another has it at its next turn", async () => {
    const store = leaseStore();
    const of = (identity: string) => new Leadership(store, { identity, seconds: 15 }, log, () => 0);
    const [a, b] = [of("a"), of("b")];
    await a.turn();
    await a.release();
    await b.turn();
    expect([a.leads, b.leads]).toEqual([false, true]);
  });
});

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { UploadBudget } from "./upload-budget.ts";

/** Bytes sent in some time by somebody who sends 1,000 whenever that is allowed. */
async function sentIn(seconds: number, budget: UploadBudget, clock: VirtualClock): Promise<number> {
  let bytes = 0;
  for (let ms = 0; ms < seconds * 1000; ms += 10) {
    budget.refill();
    for (let frames = 0; frames < 50 && !budget.isSpent; frames++) {
      budget.spend(1000);
      bytes += 1000;
    }
    await clock.pass(10);
  }
  return bytes;
}

describe("an upload budget", () => {
  it("holds to a share of what the uplink can carry, and follows it", async () => {
    const clock = new VirtualClock();
    let uplinkBps = 8_000_000;
    const budget = new UploadBudget({ bytesPerSecond: 0, share: 0.25 }, clock, () => uplinkBps);
    expect(Math.abs((await sentIn(10, budget, clock)) - 2_500_000)).toBeLessThan(300_000);
    uplinkBps = 4_000_000;
    expect(budget.bps).toBe(1_000_000);
    expect(Math.abs((await sentIn(10, budget, clock)) - 1_250_000)).toBeLessThan(300_000);
  });

  it("makes no debt of what was sent before there was a limit", async () => {
    const clock = new VirtualClock();
    let uplinkBps: number | null = null;
    const budget = new UploadBudget({ bytesPerSecond: 0, share: 0.5 }, clock, () => uplinkBps);
    await sentIn(2, budget, clock);
    uplinkBps = 8_000_000;
    expect(await sentIn(2, budget, clock)).toBeGreaterThan(900_000);
  });

  it("takes the lesser of both limits", () => {
    const both = new UploadBudget({ bytesPerSecond: 50_000, share: 0.5 }, new VirtualClock(), () => 8_000_000);
    expect(both.bps).toBe(400_000);
  });

  it("sets no limit before there is a measurement to take a share of, nor where none is wanted", async () => {
    const clock = new VirtualClock();
    const unknown = new UploadBudget({ bytesPerSecond: 0, share: 0.1 }, clock, () => null);
    const none = new UploadBudget({ bytesPerSecond: 0, share: 1 }, clock, () => 1_000);
    expect(await sentIn(1, unknown, clock)).toBe(5_000_000);
    expect(await sentIn(1, none, clock)).toBe(5_000_000);
  });
});

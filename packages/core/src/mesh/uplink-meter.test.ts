import { expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { UplinkMeter } from "./uplink-meter.ts";

/** Sends for a while at a rate, with some bytes always in the channels' queues. */
async function send(meter: UplinkMeter, clock: VirtualClock, bps: number, durationMs: number): Promise<void> {
  for (let ms = 0; ms < durationMs; ms += 50) {
    meter.look(64_000);
    meter.sent((bps / 8000) * 50);
    await clock.pass(50);
  }
  meter.look(64_000);
}

it("knows nothing before anybody waited for bytes", () => {
  const meter = new UplinkMeter(new VirtualClock());
  meter.idle(0);
  expect(meter.bps).toBeNull();
});

it("measures the rate at which bytes leave while more wait", async () => {
  const clock = new VirtualClock();
  const meter = new UplinkMeter(clock);
  await send(meter, clock, 4_000_000, 2_000);
  expect(meter.bps).toBeCloseTo(4_000_000, -5);
});

it("rises at once, and falls slowly: receivers may have been the slow ones", async () => {
  const clock = new VirtualClock();
  const meter = new UplinkMeter(clock);
  await send(meter, clock, 8_000_000, 1_000);
  await send(meter, clock, 1_000_000, 1_000);
  expect(meter.bps).toBeGreaterThan(6_000_000);
  await send(meter, clock, 1_000_000, 30_000);
  expect(meter.bps).toBeLessThan(1_500_000);
});

it("does not count bytes that still wait in a channel", async () => {
  const clock = new VirtualClock();
  const meter = new UplinkMeter(clock);
  meter.look(0);
  meter.sent(1_000_000);
  await clock.pass(1_000);
  meter.look(900_000);
  expect(meter.bps).toBeCloseTo(800_000, -3);
});

import type { ShoalOptions } from "@shoal/core";
import type { Random } from "./random.ts";

/** What people watch on. `desktop`: all alike, with the engine's defaults. */
export const DEVICE_MIXES = ["desktop", "mixed"] as const;
export type DeviceMix = (typeof DEVICE_MIXES)[number];

/** What a session is told of its device. */
export type DeviceOptions = Pick<ShoalOptions, "device" | "maxPeers" | "memoryBytes">;

const MIB = 2 ** 20;

/** Of a mixed audience: share of the viewers, and what their device affords. */
export const DEVICES: readonly { readonly share: number; readonly options: DeviceOptions }[] = [
  { share: 0.4, options: { device: "desktop" } },
  { share: 0.4, options: { device: "phone", maxPeers: 12, memoryBytes: 48 * MIB } },
  { share: 0.2, options: { device: "tv", maxPeers: 12, memoryBytes: 32 * MIB } },
];

export function drawDevice(mix: DeviceMix, random: Random): DeviceOptions {
  if (mix === "desktop") return {};
  let place = random.unit();
  for (const { share, options } of DEVICES) {
    if (place < share) return options;
    place -= share;
  }
  return {};
}

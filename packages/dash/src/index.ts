export type { ShoalEvents, ShoalHandle, ShoalOptions, ShoalStats } from "@shoal/core";
export { ShoalError } from "@shoal/core";
export type { DashPlayer } from "./dash-types.ts";
export { withShoal } from "./with-shoal.ts";

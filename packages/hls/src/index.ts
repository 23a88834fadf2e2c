export type { ShoalEvents, ShoalOptions, ShoalStats } from "@shoal/core";
export { ShoalError } from "@shoal/core";
export { type HlsConfigWithShoal, type ShoalHandle, type WithShoal, withShoal } from "./with-shoal.ts";

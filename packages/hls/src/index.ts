export type { ShoalEvents, ShoalHandle, ShoalOptions, ShoalStats } from "@shoal/core";
export { ShoalError } from "@shoal/core";
export { type HlsConfigWithShoal, type WithShoal, withShoal } from "./with-shoal.ts";

export { type Clock, systemClock } from "./clock.ts";
export { SEALER_DEFAULTS, SEALER_VARIABLES, type SealerOptions, sealerOptionsFrom } from "./config.ts";
export * from "./environment.ts";
export * from "./link-messages.ts";
export * from "./log.ts";
export type { Fetch } from "./origin-client.ts";
export { type Sealer, type SealerWorld, startSealer } from "./sealer.ts";
export { generateSealKey } from "./signer.ts";

export * from "./environment.ts";
export * from "./link-messages.ts";
export * from "./log.ts";

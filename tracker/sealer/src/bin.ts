#!/usr/bin/env node
import { SEALER_VARIABLES, sealerOptionsFrom } from "./config.ts";
import { ConfigError, describeVariables } from "./environment.ts";
import { startSealer } from "./sealer.ts";

if (process.argv.includes("--help")) {
  process.stdout.write(`shoal-sealer: reads each segment of a stream once and signs what it is.\n\n`);
  process.stdout.write(`${describeVariables(SEALER_VARIABLES)}\n`);
} else {
  try {
    const sealer = await startSealer(sealerOptionsFrom(process.env));
    const stop = () => void sealer.close().then(() => process.exit(0));
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

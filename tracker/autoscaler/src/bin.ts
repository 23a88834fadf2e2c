#!/usr/bin/env node
import { ConfigError } from "@shoal/sealer";
import { startAutoscaler } from "./autoscaler.ts";
import { autoscalerOptionsFrom } from "./config.ts";
import { manual } from "./manual.ts";

if (process.argv.includes("--help")) process.stdout.write(manual());
else {
  try {
    const autoscaler = await startAutoscaler(autoscalerOptionsFrom(process.env));
    const stop = () => void autoscaler.close().then(() => process.exit(0));
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

#!/usr/bin/env node
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { ConfigError, createLog, generateSealKey, sealerOptionsFrom, startSealer, systemClock } from "@shoal/sealer";
import { trackerOptionsFrom } from "./config.ts";
import { manual } from "./manual.ts";
import { HOPELESS_EXIT, type Role, supervise } from "./supervisor.ts";
import { startTracker } from "./tracker.ts";

/** Runs one service in this process until a signal, or until the supervisor is gone. */
async function serve(start: () => Promise<{ close(): Promise<void>; drain?(): Promise<void> }>): Promise<void> {
  const starting = start();
  const stop = () => void starting.then((service) => service.close()).then(() => process.exit(0));
  // Whoever scales a tracker down gives it the time to send its viewers elsewhere; a second signal ends at once. One that the
  // supervisor started ends with its machine: there is no elsewhere.
  process.once("SIGTERM", () => {
    process.once("SIGTERM", stop);
    void starting
      .then((service) => (service.drain && !process.connected ? service.drain() : service.close()))
      .then(() => process.exit(0));
  });
  process.once("SIGINT", stop);
  process.once("disconnect", stop);
  await starting;
}

function role(name: string, environment: NodeJS.ProcessEnv): Role {
  return {
    name,
    start: (ended) => {
      const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), `--role=${name}`], {
        stdio: ["inherit", "inherit", "inherit", "ipc"],
        env: environment,
      });
      child.once("exit", ended);
      return child;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Tracker and sealer as two processes: neither's crash ends the other. */
async function runBoth(): Promise<void> {
  const { logLevel } = trackerOptionsFrom(process.env);
  const sealer = sealerOptionsFrom(process.env);
  const log = createLog("supervisor", logLevel);
  const port = sealer.port === 0 ? await freePort() : sealer.port;
  // One key for the life of this command: a sealer that is started again must sign with what viewers know.
  if (sealer.sealKey === "") log.warn("key-made", { message: "A new key was made: set SHOAL_SEAL_KEY to keep one." });
  const environment = {
    ...process.env,
    SHOAL_SEALER_PORT: String(port),
    SHOAL_SEALER_SECRET: sealer.secret === "" ? randomBytes(24).toString("base64url") : sealer.secret,
  };
  const sealKey = sealer.sealKey === "" ? generateSealKey() : sealer.sealKey;
  const host = sealer.host === "0.0.0.0" || sealer.host === "::" ? "127.0.0.1" : sealer.host;
  const sealerUrl = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const roles = [
    role("sealer", { ...environment, SHOAL_SEAL_KEY: sealKey }),
    role("tracker", { ...environment, SHOAL_SEALER_URL: sealerUrl }),
  ];
  const end = (code: number) => void supervisor.stop().then(() => process.exit(code));
  const supervisor = supervise(roles, systemClock, log, () => end(1));
  process.once("SIGTERM", () => end(0));
  process.once("SIGINT", () => end(0));
}

async function main(): Promise<void> {
  if (process.argv.includes("--help")) process.stdout.write(manual());
  else if (process.argv.includes("--role=sealer")) await serve(() => startSealer(sealerOptionsFrom(process.env)));
  else if (process.argv.includes("--role=tracker") || (process.env.SHOAL_SEALER_URL ?? "") !== "") {
    await serve(() => startTracker(trackerOptionsFrom(process.env)));
  } else await runBoth();
}

main().catch((error: unknown) => {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  const isHopeless = error instanceof ConfigError || isTaken;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(isHopeless ? HOPELESS_EXIT : 1);
});

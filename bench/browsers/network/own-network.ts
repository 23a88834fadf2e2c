import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findChromium } from "../../../scripts/chromium.mjs";
import { behindNat, type Homes, homeOf, networkCommands, ORIGIN_PORT, SERVERS_HOST, STUN_PORT } from "./plan.ts";

const INSIDE = "SHOAL_BENCH_OWN_NETWORK";
const run = promisify(execFile);

/** Whether this process has a network of its own already. */
export const insideOwnNetwork = (): boolean => process.env[INSIDE] === "1";

/**
 * Runs this program again where it is alone: network, processes and mounts of its own. All of them end with it, however
 * it ends. Settles with its exit code.
 */
export async function runInOwnNetwork(args: readonly string[], signal: AbortSignal): Promise<number> {
  const apart = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...apart, process.execPath, ...process.execArgv, process.argv[1] ?? "", ...args], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, [INSIDE]: "1" },
  });
  const stop = (): void => {
    if (child.connected) child.disconnect();
  };
  signal.addEventListener("abort", stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Browsers at the ends of lines. */
export interface OwnNetwork {
  /** For each viewer, a command that starts Chromium in its home. */
  readonly chromiums: readonly string[];
  /** What each browser must be told. */
  readonly flags: readonly string[];
  close(): Promise<void>;
}

/** Lays the network of a scenario, for so many viewers. @throws Error with the words of what failed */
export async function layNetwork(homes: Homes, viewers: number): Promise<OwnNetwork> {
  // Namespaces get names by mounts that nobody else is to see.
  await run("mkdir", ["-p", "/run/netns"]);
  await run("mount", ["-t", "tmpfs", "none", "/run/netns"]);
  for (const [program = "", ...args] of networkCommands(homes, viewers)) await run(program, args);
  const stun = behindNat(homes) ? startStun() : null;
  const folder = await mkdtemp(join(tmpdir(), "shoal-homes-"));
  const chromium = await findChromium();
  const chromiums: string[] = [];
  for (let viewer = 0; viewer < viewers; viewer++) {
    const path = join(folder, homeOf(viewer));
    await writeFile(path, `#!/bin/sh\nexec ip netns exec ${homeOf(viewer)} '${chromium}' "$@"\n`, { mode: 0o755 });
    chromiums.push(path);
  }
  return {
    chromiums,
    flags: [
      // Names that only mDNS knows do not reach beyond a home.
      "--disable-features=WebRtcHideLocalIpsWithMdns",
      `--unsafely-treat-insecure-origin-as-secure=http://${SERVERS_HOST}:${ORIGIN_PORT}`,
    ],
    async close() {
      stun?.kill("SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startStun(): ChildProcess {
  const options = ["-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "/dev/null"];
  const address = ["--listening-ip", SERVERS_HOST, "--listening-port", String(STUN_PORT)];
  const child = spawn("turnserver", [...options, ...address, "--pidfile", "/dev/null"], { stdio: "ignore" });
  child.once("error", () => {});
  return child;
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasProgram } from "../../../scripts/services.mjs";
import { HAPROXY_DEFAULTS, type HaproxyServer, haproxyConfig } from "../../server/src/shards/haproxy-config.ts";

/** Names of programs that a test needs and this machine lacks; a reason to skip it by name. */
export const missing = (...names: readonly string[]): readonly string[] => names.filter((name) => !hasProgram(name));

export const TEMPLATE = readFileSync(
  fileURLToPath(new URL("../../../helm/shoal/files/haproxy.cfg.tpl", import.meta.url)),
  "utf8",
);

export interface Service {
  readonly port: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A Redis that keeps nothing. */
export async function startRedis(wanted?: number): Promise<Service> {
  const port = wanted ?? (await freePort());
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  return run("redis-server", args, port);
}

/** HAProxy with the chart's own template. */
export async function startHaproxy(servers: readonly HaproxyServer[]): Promise<Service> {
  const port = await freePort();
  const settings = { ...HAPROXY_DEFAULTS, maxConnections: 8_000, checkMs: 100, requestsPerAddress: 1_000_000 };
  return runHaproxy(haproxyConfig(TEMPLATE, { ...settings, bind: `127.0.0.1:${port}`, servers }), port);
}

/** HAProxy with a whole configuration. @param port one that the configuration binds on loopback */
export async function runHaproxy(config: string, port: number): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), "shoal-haproxy-"));
  const path = join(folder, "haproxy.cfg");
  writeFileSync(path, config);
  const service = await run("haproxy", ["-f", path, "-db"], port);
  return {
    port,
    stop: async (signal) => {
      await service.stop(signal);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether HAProxy takes a configuration; what it says otherwise. */
export function checkHaproxy(config: string): string {
  const folder = mkdtempSync(join(tmpdir(), "shoal-haproxy-"));
  try {
    const path = join(folder, "haproxy.cfg");
    writeFileSync(path, config);
    const { status, stderr } = spawnSync("haproxy", ["-c", "-f", path], { encoding: "utf8" });
    return status === 0 ? stderr.replace(/^.*NOTICE.*$/gm, "").trim() : `${status}: ${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(program: string, args: readonly string[], port: number): Promise<Service> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  await Promise.race([
    listens(port),
    new Promise((_, reject) =>
      child.once("exit", (code) => reject(new Error(`${program} ended with ${code}: ${said}`))),
    ),
  ]);
  return { port, stop: (signal = "SIGTERM") => stop(child, signal) };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** Resolves when somebody listens on a port of loopback. */
export function listens(port: number): Promise<void> {
  return new Promise((resolve) => {
    const attempt = (): void => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", () => setTimeout(attempt, 20));
    };
    attempt();
  });
}

// What a fresh clone needs before TypeScript can run: dependencies, and the Node they bring. Node 20 built-ins only.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const lockFile = join(root, "package-lock.json");
const hiddenLockFile = join(root, "node_modules/.package-lock.json");
const stampFile = join(root, "node_modules/.shoal-installed");
const MOST_LINES = 15;

/** Installs what package-lock.json names if node_modules is missing or other. Throws an Error with npm's words. */
export async function ensureInstalled() {
  const lock = readFileSync(lockFile);
  const stamp = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  if (!holdsAll(JSON.parse(lock.toString("utf8")))) await installAll();
  writeFileSync(stampFile, stamp);
}

/** Whether npm's own record of node_modules has every version that the lock names, but for other platforms' packages. */
function holdsAll(lock) {
  if (!existsSync(hiddenLockFile)) return false;
  const { packages: held } = JSON.parse(readFileSync(hiddenLockFile, "utf8"));
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.includes("node_modules/")) return true;
    const found = held[path];
    if (!found) return wanted.optional === true || wanted.devOptional === true || wanted.peer === true;
    return found.version === wanted.version;
  });
}

async function installAll() {
  const ci = await npm("ci");
  // A registry may lack some other platform's optional package; then no lock made with it is whole, which npm ci refuses.
  const outOfStep = ci.code !== 0 && ci.output.includes("EUSAGE");
  const { code, output } = outOfStep ? await npm("install", "--no-save") : ci;
  if (code === 0) return;
  const errors = output.split("\n").filter((line) => line.startsWith("npm error"));
  throw new Error(`Dependencies could not be installed:\n${errors.slice(0, MOST_LINES).join("\n") || output}`);
}

/** Runs npm with a line that says so. @returns its exit code and all it said */
async function npm(...args) {
  const beganMs = Date.now();
  const line = () => `Installing dependencies (npm ${args[0]}, once) … ${Math.round((Date.now() - beganMs) / 1000)} s`;
  const { isTTY } = process.stderr;
  if (!isTTY) process.stderr.write(`Installing dependencies (npm ${args[0]}, once) …\n`);
  const ticker = isTTY ? setInterval(() => process.stderr.write(`\r${line()} `), 200) : undefined;
  const onWindows = process.platform === "win32";
  const child = spawn(onWindows ? "npm.cmd" : "npm", [...args, "--no-audit", "--no-fund"], {
    cwd: root,
    env: npmEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    shell: onWindows,
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => {
    clearInterval(ticker);
    if (isTTY) process.stderr.write(`\r${line()}\n`);
  });
  return { code, output: Buffer.concat(chunks).toString("utf8").trim() };
}

/** npm keeps its cache under HOME: where that cannot be written, a temporary folder serves. */
function npmEnvironment() {
  const { npm_config_cache: cache } = process.env;
  try {
    if (cache === undefined) accessSync(homedir(), constants.W_OK);
    return process.env;
  } catch {
    return { ...process.env, npm_config_cache: join(tmpdir(), "shoal-npm-cache") };
  }
}

/** The Node that runs TypeScript: the one npm installed, else the one that runs this if it is new enough. */
function nodeForTypeScript() {
  const installed = join(root, "node_modules/.bin", process.platform === "win32" ? "node.cmd" : "node");
  if (existsSync(installed)) return installed;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  throw new Error("node_modules/.bin/node is missing: run npm ci with install scripts allowed, or use Node 24.");
}

/**
 * Runs a script of ours in TypeScript with the given arguments and ends this process as it ends. The script learns from
 * its IPC channel when this process is gone.
 */
export async function reexec(script, args) {
  const child = spawn(nodeForTypeScript(), ["--conditions=@shoal/source", join(root, script), ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  // Ctrl-C reaches the child by itself, with everything in the foreground; it decides when to end.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGTERM"));
  process.exitCode = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** A command of `npm run`: installs what is missing, then runs a script of ours with the given arguments. */
export async function runCommand(script, args = process.argv.slice(2)) {
  try {
    await ensureInstalled();
    await reexec(script, args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

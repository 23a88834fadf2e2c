// Services that some tests run against, where they are and how they come here. Tests of one that is missing are skipped by name.
import { spawnSync } from "node:child_process";

/** Debian's package by program. */
const PACKAGES = {
  haproxy: "haproxy",
  "redis-server": "redis-server",
  turnserver: "coturn",
  "firefox-esr": "firefox-esr",
  nft: "nftables",
  ip: "iproute2",
  prometheus: "prometheus",
  sysctl: "procps",
};

/** Whether a program is here. */
export function hasProgram(name) {
  return spawnSync("sh", ["-c", 'command -v "$0"', name], { stdio: "ignore" }).status === 0;
}

/** Installs what is missing where that is possible: on Debian, as root. Says what is still missing, and never throws. */
export function ensureServices() {
  const missing = () => Object.keys(PACKAGES).filter((name) => !hasProgram(name));
  const before = missing();
  if (before.length === 0) return;
  if (process.getuid?.() === 0 && hasProgram("apt-get")) {
    const packages = [...new Set(before.map((name) => PACKAGES[name]))];
    console.error(`Installing ${packages.join(", ")} …`);
    // None of them is to be started as a service.
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    const apt = (...args) => spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env });
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
  }
  const still = missing();
  if (still.length > 0) console.error(`Missing: ${still.join(", ")}. Tests that need them are skipped.`);
}

import { spawnSync } from "node:child_process";

/** A tool of the system that is missing or may not be used; says what to do. */
export class ToolsMissing extends Error {}

const PACKAGES = { ip: "iproute2", tc: "iproute2", unshare: "util-linux", sysctl: "procps" } as const;
const NAT_PACKAGES = { nft: "nftables", turnserver: "coturn" } as const;

/** Sees to what a network of namespaces needs; installs Debian's packages where they lack. @throws ToolsMissing */
export function ensureTools(nat: boolean): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new ToolsMissing(
      "This scenario lays a network of its own with namespaces, which needs Linux and root: sudo npm run bench -- …",
    );
  }
  const lacking = missing(nat);
  if (lacking.length === 0) return;
  const packages = [...new Set(lacking.map(([, name]) => name))];
  console.error(`Installing ${packages.join(", ")} …`);
  // No service of theirs is to be started.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const apt = (...args: readonly string[]) =>
    spawnSync("apt-get", [...args], { stdio: ["ignore", "ignore", "inherit"], env });
  apt("update", "-qq");
  apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
  const still = missing(nat).map(([tool, name]) => `${tool} (${name})`);
  if (still.length > 0) throw new ToolsMissing(`Install these, they are missing here: ${still.join(", ")}.`);
}

function missing(nat: boolean): readonly (readonly [tool: string, name: string])[] {
  const needed = Object.entries({ ...PACKAGES, ...(nat ? NAT_PACKAGES : {}) });
  return needed.filter(([tool]) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
}

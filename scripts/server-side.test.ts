import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs where every browser global throws at a touch, as on a server that renders pages. */
const PROGRAM = `
for (const name of ["window", "document", "navigator", "RTCPeerConnection", "WebSocket", "localStorage", "crypto", "fetch"]) {
  Object.defineProperty(globalThis, name, { get() { throw new Error(name + " was touched"); } });
}
for (const name of process.argv.slice(1)) await import(name);
`;

it("importing any package of a page in Node touches no browser global", () => {
  const packages = ["@shoal/protocol", "@shoal/protocol/names", "@shoal/core", "@shoal/core/testing", "@shoal/hls"];
  const run = spawnSync(
    process.execPath,
    ["--conditions=@shoal/source", "--input-type=module", "--eval", PROGRAM, ...packages],
    { cwd: `${root}e2e`, encoding: "utf8" },
  );
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
});

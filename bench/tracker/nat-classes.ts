import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright";
import { NatWatch } from "../../packages/core/src/mesh/nat.ts";
import { chromiumFlags, findChromium } from "../../scripts/chromium.mjs";
import { readStun, writeRequest } from "../../tracker/server/src/nat/stun-message.ts";
import { startStun } from "../../tracker/server/src/nat/stun-server.ts";
import { type Homes, homeOf, type Nat, networkCommands, SERVERS_HOST } from "../browsers/network/plan.ts";

/** What a home behind each kind of router sees of itself. */
export const HOMES: readonly Nat[] = ["none", "cone", "symmetric"];
const PORTS = [3_478, 3_479];
const run = promisify(execFile);

/** What was found out in one home. */
export interface Found {
  readonly nat: Nat;
  /** What each of the two STUN ports saw of one socket. */
  readonly mappedPorts: readonly number[];
  /** What a viewer in Chromium says of itself. */
  readonly viewers: string;
}

/** Runs this program in a network of its own. */
export async function natClasses(): Promise<readonly Found[]> {
  const apart = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const node = [process.execPath, "--conditions=@shoal/source", import.meta.filename];
  const { stdout } = await run("unshare", [...apart, ...node, "inside"]);
  return JSON.parse(stdout);
}

async function inside(): Promise<void> {
  await run("mkdir", ["-p", "/run/netns"]);
  await run("mount", ["-t", "tmpfs", "none", "/run/netns"]);
  const homes: Homes = { access: ["fibre"], nat: HOMES };
  for (const [program = "", ...args] of networkCommands(homes, HOMES.length)) await run(program, args);
  const stun = await startStun(SERVERS_HOST, PORTS, { answered: () => {}, dropped: () => {} });
  const folder = await mkdtemp(join(tmpdir(), "shoal-nat-"));
  const found: Found[] = [];
  for (const [viewer, nat] of HOMES.entries()) {
    const node = [process.execPath, "--conditions=@shoal/source", import.meta.filename, "home"];
    const { stdout } = await run("ip", ["netns", "exec", homeOf(viewer), ...node]);
    const path = join(folder, homeOf(viewer));
    await writeFile(path, `#!/bin/sh\nexec ip netns exec ${homeOf(viewer)} '${await findChromium()}' "$@"\n`, {
      mode: 0o755,
    });
    found.push({ nat, mappedPorts: JSON.parse(stdout), viewers: await classOfBrowser(path) });
  }
  await stun.close();
  await rm(folder, { recursive: true });
  process.stdout.write(JSON.stringify(found));
}

/** One connection of a browser gathers candidates from both STUN ports; our own code reads them. */
async function classOfBrowser(executablePath: string): Promise<string> {
  const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
  try {
    const page = await browser.newPage();
    const urls = PORTS.map((port) => `stun:${SERVERS_HOST}:${port}`);
    const candidates = await page.evaluate(async (stunUrls) => {
      const connection = new RTCPeerConnection({ iceServers: [{ urls: stunUrls }] });
      connection.createDataChannel("x");
      const gathered: string[] = [];
      const done = new Promise<void>((resolve) => {
        connection.onicecandidate = ({ candidate }) => (candidate ? gathered.push(candidate.candidate) : resolve());
      });
      await connection.setLocalDescription();
      await done;
      return gathered;
    }, urls);
    const watch = new NatWatch();
    const peerId = "0".repeat(32) as Parameters<NatWatch["saw"]>[0]["peerId"];
    for (const candidate of candidates)
      watch.saw({ peerId, attempt: 1, data: JSON.stringify([{ candidate: { candidate } }]) });
    return watch.class;
  } finally {
    await browser.close();
  }
}

/** One socket asks both ports, and again until both have answered. */
async function home(): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, resolve));
  const mapped = await Promise.all(
    PORTS.map((port) => {
      const id = randomBytes(12);
      return new Promise<number>((resolve) => {
        const send = (): void => socket.send(writeRequest(id), port, SERVERS_HOST);
        const again = setInterval(send, 200);
        socket.on("message", (bytes) => {
          const answer = readStun(bytes);
          if (!answer?.transactionId.equals(id) || !answer.mapped) return;
          clearInterval(again);
          resolve(answer.mapped.port);
        });
        send();
      });
    }),
  );
  socket.close();
  process.stdout.write(JSON.stringify(mapped));
}

if (import.meta.main) await (process.argv[2] === "home" ? home() : inside());

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { promisify } from "node:util";
import { readStun, writeRequest } from "../../tracker/server/src/nat/stun-message.ts";
import { startStun } from "../../tracker/server/src/nat/stun-server.ts";
import { type Homes, homeOf, type Nat, networkCommands, SERVERS_HOST } from "../browsers/network/plan.ts";

/** What a home behind each kind of router sees of itself. */
export const HOMES: readonly Nat[] = ["none", "cone", "symmetric"];
const PORTS = [3_478, 3_479];
const run = promisify(execFile);

/** Runs this program in a network of its own. @returns for each home, the mapped ports that the two STUN ports saw */
export async function mappedPorts(): Promise<readonly (readonly number[])[]> {
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
  const ports: unknown[] = [];
  for (const viewer of HOMES.keys()) {
    const node = [process.execPath, "--conditions=@shoal/source", import.meta.filename, "home"];
    const { stdout } = await run("ip", ["netns", "exec", homeOf(viewer), ...node]);
    ports.push(JSON.parse(stdout));
  }
  process.stdout.write(JSON.stringify(ports));
  await stun.close();
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

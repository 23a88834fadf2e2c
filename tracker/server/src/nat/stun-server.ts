import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { readStun, writeAnswer } from "./stun-message.ts";

/** Answers STUN binding requests. */
export interface StunServer {
  /** UDP ports that it listens on. */
  readonly ports: readonly number[];
  /** May be called twice. */
  close(): Promise<void>;
}

/** What happens, for metrics. */
export interface StunEvents {
  answered(): void;
  /** Not a binding request, or one too many in its second. */
  dropped(): void;
}

/** Answers a second and port; a flood of forged requests must not make this a means to flood others. An answer is about as long as its request. */
const MAX_ANSWERS_PER_SECOND = 20_000;

/**
 * Answers on each port from where a request came. Keeps nothing of it.
 *
 * @param ports 0 takes a free one
 * @throws what `bind` throws: a port that is taken
 */
export async function startStun(host: string, ports: readonly number[], events: StunEvents): Promise<StunServer> {
  const sockets: Socket[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  };
  try {
    for (const port of ports) sockets.push(await open(host, port, events));
  } catch (error) {
    await close();
    throw error;
  }
  return { ports: sockets.map((socket) => (socket.address() as AddressInfo).port), close };
}

function open(host: string, port: number, events: StunEvents): Promise<Socket> {
  const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4", reuseAddr: false });
  let second = 0;
  let answers = 0;
  socket.on("message", (bytes, { address, port: fromPort }) => {
    const request = readStun(bytes);
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) answers = 0;
    second = now;
    if (request?.type !== "request" || ++answers > MAX_ANSWERS_PER_SECOND) return events.dropped();
    socket.send(writeAnswer(request, { address, port: fromPort }), fromPort, address, () => {});
    events.answered();
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, () => {
      socket.off("error", reject);
      // A datagram that could not be sent is the network's business.
      socket.on("error", () => events.dropped());
      resolve(socket);
    });
  });
}

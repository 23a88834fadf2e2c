import { createSocket } from "node:dgram";
import { decode, encode, RECURSION_DESIRED } from "dns-packet";

/** A name server on loopback. */
export interface ClusterDns {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Stands for a cluster's DNS: answers for one headless service with the addresses of its pods, and with nothing else.
 * (The API takes no address of loopback into EndpointSlices, so they cannot be asked here.)
 *
 * @param addresses IPv4, read at each question
 */
export async function startClusterDns(name: string, addresses: () => readonly string[]): Promise<ClusterDns> {
  const socket = createSocket("udp4");
  socket.on("message", (message, { address, port }) => {
    const { id = 0, questions = [] } = decode(message);
    const isAsked = questions.some((question) => question.name.toLowerCase() === name && question.type === "A");
    const answers = isAsked ? addresses().map((data) => ({ type: "A" as const, name, ttl: 1, data })) : [];
    socket.send(encode({ type: "response", id, flags: RECURSION_DESIRED, questions, answers }), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", resolve);
  });
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

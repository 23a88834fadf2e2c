import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { writeRequest } from "./stun-message.ts";

export const hasCoturn = (): boolean => spawnSync("sh", ["-c", "command -v turnserver"]).status === 0;

const ALLOCATE = 0x0003;
const COOKIE = Buffer.from("2112a442", "hex");
const [USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, REALM, NONCE, REQUESTED_TRANSPORT] = [
  0x06, 0x08, 0x09, 0x14, 0x15, 0x19,
];

/** Debian's coturn on a port of the loopback, with a shared secret. */
export class Coturn {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  static async start(secret: string): Promise<Coturn> {
    const port = await freeUdpPort();
    const options = ["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "/dev/null", "--pidfile", "/dev/null"];
    const address = ["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", String(port)];
    const auth = ["--use-auth-secret", `--static-auth-secret=${secret}`, "--realm", "shoal.test"];
    const child = spawn("turnserver", [...options, ...address, ...auth], { stdio: "ignore" });
    const coturn = new Coturn(port, child);
    const probe = createSocket("udp4");
    await coturn.#ask(probe, () => writeRequest(randomBytes(12)));
    probe.close();
    return coturn;
  }

  /** Asks for a relay with these credentials. @returns 200, or the code of the refusal */
  async allocate(username: string, password: string): Promise<number> {
    // Another socket each time: one has one relay.
    const socket = createSocket("udp4");
    const challenge = await this.#ask(socket, () => message([[REQUESTED_TRANSPORT, Buffer.from([17, 0, 0, 0])]]));
    const realm = attribute(challenge, REALM) ?? Buffer.alloc(0);
    const nonce = attribute(challenge, NONCE) ?? Buffer.alloc(0);
    const key = createHash("md5")
      .update(`${username}:${realm.toString("utf8")}:${password}`)
      .digest();
    const answer = await this.#ask(socket, () =>
      signed(
        [
          [REQUESTED_TRANSPORT, Buffer.from([17, 0, 0, 0])],
          [USERNAME, Buffer.from(username, "utf8")],
          [REALM, realm],
          [NONCE, nonce],
        ],
        key,
      ),
    );
    socket.close();
    const refusal = attribute(answer, ERROR_CODE);
    return refusal ? (refusal[2] ?? 0) * 100 + (refusal[3] ?? 0) : 200;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
  }

  /** Sends until it is answered: at first the server is still starting. */
  #ask(socket: Socket, write: () => Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      const send = (): void => socket.send(write(), this.port, "127.0.0.1", () => {});
      const again = setInterval(send, 200);
      socket.once("message", (answer) => {
        clearInterval(again);
        resolve(answer);
      });
      send();
    });
  }
}

type Attribute = readonly [type: number | undefined, value: Buffer];

function message(attributes: readonly Attribute[], extraBytes = 0, id = randomBytes(12)): Buffer {
  const body = Buffer.concat(attributes.map(encode));
  const head = Buffer.alloc(4);
  head.writeUInt16BE(ALLOCATE, 0);
  head.writeUInt16BE(body.length + extraBytes, 2);
  return Buffer.concat([head, COOKIE, id, body]);
}

/** MESSAGE-INTEGRITY is over everything before it, with a length that counts it already. */
function signed(attributes: readonly Attribute[], key: Buffer): Buffer {
  const text = message(attributes, 24);
  return Buffer.concat([text, encode([MESSAGE_INTEGRITY, createHmac("sha1", key).update(text).digest()])]);
}

function encode([type = 0, value]: Attribute): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function attribute(bytes: Buffer, wanted: number | undefined): Buffer | null {
  for (let at = 20; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === wanted) return bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return null;
}

async function freeUdpPort(): Promise<number> {
  const probe = createSocket("udp4");
  await new Promise<void>((resolve) => probe.bind(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

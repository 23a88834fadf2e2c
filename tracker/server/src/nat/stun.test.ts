import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { readStun, writeAnswer, writeRequest } from "./stun-message.ts";
import { type StunServer, startStun } from "./stun-server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const transactionId = Buffer.from("0123456789ab");

it("says to a request where it came from, IPv4, IPv6 and mapped", () => {
  const request = readStun(writeRequest(transactionId));
  if (!request) throw new Error("not read");
  expect(request).toMatchObject({ type: "request", unknown: [], mapped: null });
  const answered = (address: string) => readStun(writeAnswer(request, { address, port: 54_321 }));
  expect(answered("203.0.113.9")).toMatchObject({
    type: "success",
    transactionId,
    mapped: { address: "203.0.113.9", port: 54_321 },
  });
  expect(answered("::ffff:203.0.113.9")?.mapped?.address).toBe("203.0.113.9");
  expect(answered("2001:db8::7")?.mapped?.address).toBe("2001:db8:0:0:0:0:0:7");
});

it("reads the test vectors of RFC 5769: a request, and answers over IPv4 and IPv6", () => {
  const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");
  const id = "b7e7a701bc34d686fa87dfae";
  const request = hex(`0001 0058 2112a442 ${id} 8022 0010 5354554e207465737420636c69656e74 0024 0004 6e0001ff 8029 0008
    932ff9b151263b36 0006 0009 6576746a3a68367659202020 0008 0014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 8028 0004 e57a3bcf`);
  expect(readStun(request)).toMatchObject({ type: "request", unknown: [] });
  const v4 = hex(`0101 003c 2112a442 ${id} 8022 000b 7465737420766563746f7220 0020 0008 0001a147e112a643 0008 0014
    2b91f599fd9e90c38c7489f92af9ba53f06be7d7 8028 0004 c07d4c96`);
  expect(readStun(v4)?.mapped).toEqual({ address: "192.0.2.1", port: 32_853 });
  const v6 =
    hex(`0101 0048 2112a442 ${id} 8022 000b 7465737420766563746f7220 0020 0014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
    0008 0014 a382954e4be67bf11784c97c8292c275bfe3ed41 8028 0004 c8fb0b4c`);
  expect(readStun(v6)?.mapped).toEqual({ address: "2001:db8:1234:5678:11:2233:4455:6677", port: 32_853 });
  const damaged = Buffer.from(request);
  damaged[30] = 0;
  expect(readStun(damaged)).toBeNull();
});

it("refuses what it must understand and does not, as the RFC says", () => {
  const plain = writeRequest(transactionId);
  const odd = Buffer.concat([plain.subarray(0, 20), Buffer.from([0x00, 0x19, 0, 4, 1, 2, 3, 4])]);
  odd.writeUInt16BE(8, 2);
  const request = readStun(odd);
  expect(request?.unknown).toEqual([0x19]);
  expect(request && readStun(writeAnswer(request, { address: "1.2.3.4", port: 5 }))?.type).toBe("error");
});

it("any datagram is a message or nothing", () => {
  const base = writeRequest(transactionId);
  const damaged = fc.tuple(fc.nat(base.length - 1), fc.nat(255), fc.nat(base.length)).map(([at, byte, length]) => {
    const bytes = Buffer.from(base);
    bytes[at] = byte;
    return bytes.subarray(0, length);
  });
  const headed = fc.uint8Array({ maxLength: 200 }).map((body) => {
    const bytes = Buffer.concat([base.subarray(0, 20), body]);
    bytes.writeUInt16BE(body.length, 2);
    return bytes;
  });
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    damaged,
    headed,
  );
  fc.assert(
    fc.property(any, (bytes) => {
      const message = readStun(bytes);
      if (message?.type === "request")
        expect(readStun(writeAnswer(message, { address: "192.0.2.1", port: 9 }))).not.toBeNull();
    }),
    { seed: 21, numRuns: 20_000 },
  );
});

async function client(): Promise<Socket> {
  const socket = createSocket("udp4");
  closing.push(() => socket.close());
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

async function server(): Promise<StunServer & { dropped: () => number }> {
  let dropped = 0;
  const stun = await startStun("127.0.0.1", [0, 0], { answered: () => {}, dropped: () => dropped++ });
  closing.push(() => stun.close());
  return { ...stun, dropped: () => dropped };
}

it("answers on both ports, and one mapping is seen from both where there is no NAT", async () => {
  const stun = await server();
  const socket = await client();
  const answers: (string | undefined)[] = [];
  const both = new Promise<void>((resolve) => {
    socket.on("message", (bytes) => {
      const mapped = readStun(bytes)?.mapped;
      answers.push(`${mapped?.address}:${mapped?.port}`);
      if (answers.length === 2) resolve();
    });
  });
  expect(new Set(stun.ports).size).toBe(2);
  for (const port of stun.ports) {
    for (const noise of ["", "noise", randomBytes(24)]) socket.send(Buffer.from(noise), port, "127.0.0.1");
    socket.send(writeRequest(randomBytes(12)), port, "127.0.0.1");
  }
  await both;
  const { port } = socket.address() as AddressInfo;
  expect(answers).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
  expect(stun.dropped()).toBe(6);
});

it("frees its first port where the second is taken", async () => {
  const taken = await server();
  const [port = 0] = taken.ports;
  await expect(startStun("127.0.0.1", [0, port], { answered: () => {}, dropped: () => {} })).rejects.toThrow(
    "EADDRINUSE",
  );
});

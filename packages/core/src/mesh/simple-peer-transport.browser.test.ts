import type { PeerId } from "@shoal/protocol";
import { afterEach, describe, expect, it } from "vitest";
import type { PeerLink, PeerLinkHandlers } from "./peer-transport.ts";
import { simplePeerTransport } from "./simple-peer-transport.ts";

interface Side {
  readonly link: PeerLink;
  readonly events: string[];
  readonly frames: Uint8Array[];
  until(condition: () => boolean): Promise<void>;
}

const open: Side[] = [];
afterEach(() => {
  for (const { link } of open.splice(0)) link.close();
});

function side(initiator: boolean, toOther: (data: string) => void, onOpen: (link: PeerLink) => void = () => {}): Side {
  const events: string[] = [];
  const frames: Uint8Array[] = [];
  const waiting = new Set<() => void>();
  let why = "";
  const look = (): void => {
    for (const check of [...waiting]) check();
  };
  const handlers: PeerLinkHandlers = {
    signal: toOther,
    open: () => {
      events.push("open");
      onOpen(made.link);
      look();
    },
    frame: (bytes) => {
      events.push("frame");
      frames.push(bytes.slice());
      look();
    },
    drain: () => {
      events.push("drain");
      look();
    },
    closed: (reason) => {
      events.push("closed");
      why = reason;
      look();
    },
  };
  const made: Side = {
    link: simplePeerTransport.connect({ peerId: "00".repeat(16) as PeerId, initiator, iceServers: [] }, handlers),
    events,
    frames,
    until: (condition) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (condition()) resolve();
          else if (events.includes("closed")) reject(new Error(`the link closed: ${why}, after ${events}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
  open.push(made);
  return made;
}

function pair(onOpen?: (link: PeerLink) => void): readonly [Side, Side] {
  const sides: Side[] = [];
  sides.push(side(true, (data) => sides[1]?.link.signal(data), onOpen));
  sides.push(side(false, (data) => sides[0]?.link.signal(data), onOpen));
  return sides as unknown as readonly [Side, Side];
}

describe("a WebRTC link", () => {
  it("opens on both sides, and what the other said first is not lost", async () => {
    const [a, b] = pair((link) => link.send(new Uint8Array([1, 2, 3])));
    await Promise.all([a, b].map((one) => one.until(() => one.frames.length === 1)));
    for (const one of [a, b]) {
      expect(one.events.slice(0, 2)).toEqual(["open", "frame"]);
      expect([...(one.frames[0] ?? [])]).toEqual([1, 2, 3]);
    }
  });

  it("keeps frames whole and in order, and says when there is room again", async () => {
    const [a, b] = pair();
    await Promise.all([a, b].map((one) => one.until(() => one.events.includes("open"))));
    for (let n = 0; n < 200; n++) expect(a.link.send(new Uint8Array(16_384).fill(n % 251))).toBe(true);
    await b.until(() => b.frames.length === 200);
    b.frames.forEach((frame, n) => {
      expect(frame.length).toBe(16_384);
      expect(frame[0]).toBe(n % 251);
    });
    await a.until(() => a.events.includes("drain"));
    expect(a.link.queuedBytes).toBeLessThan(65_537);
  });

  it("closes on both sides when one closes, takes nothing more, and may be closed again", async () => {
    const [a, b] = pair();
    await Promise.all([a, b].map((one) => one.until(() => one.events.includes("open"))));
    a.link.close();
    await Promise.all([a, b].map((one) => one.until(() => one.events.includes("closed"))));
    a.link.close();
    expect(a.link.send(new Uint8Array(1))).toBe(false);
    expect(b.link.send(new Uint8Array(1))).toBe(false);
    expect(a.events.filter((event) => event === "closed").length).toBe(1);
  });

  it("ignores signals that are none", () => {
    const lone = side(true, () => {});
    for (const noise of ["", "{", "7", "null", '["x"]', "[null]"]) lone.link.signal(noise);
    expect(lone.events).toEqual([]);
  });
});

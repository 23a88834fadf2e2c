import {
  decodeFrame,
  type Frame,
  fromRanges,
  joinBytes,
  type PeerId,
  type SegmentId,
  segmentIdOf,
} from "@shoal/protocol";
import { describe, expect, it } from "vitest";
import { Counters } from "../stats.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Hearsay } from "./hearsay.ts";
import { Neighbour } from "./neighbour.ts";
import type { UploadLimits } from "./upload-budget.ts";
import { Uploader, type UploadSource } from "./uploader.ts";

const ID = segmentIdOf("v/1.m4s");
const PIECE_BYTES = 65_536;

/** A neighbour whose channel holds what it is sent until the test lets it go. */
function neighbourOf(n: number, { carries = Number.POSITIVE_INFINITY, uploads = false } = {}) {
  const sent: Frame[] = [];
  const link = {
    queuedBytes: 0,
    signal: () => {},
    close: () => {},
    send: (head: Uint8Array, payload = new Uint8Array()) => {
      const frame = joinBytes(head, payload);
      const decoded = decodeFrame(frame);
      if (decoded.ok) sent.push(decoded.value.frame);
      if (sent.length > carries) link.queuedBytes += frame.length;
      return true;
    },
  };
  const neighbour = new Neighbour(`${n}`.repeat(32).slice(0, 32) as PeerId, link, false, new Hearsay());
  neighbour.uploads = uploads;
  return { neighbour, sent, link };
}

const UNLIMITED: UploadLimits = { bytesPerSecond: 0, share: 1 };

/** Every piece is common. */
const everywhere = (): boolean => false;

const holdsAll: UploadSource = () => ({ bytes: new Uint8Array(PIECE_BYTES), edition: 7 });
const request = (pieces: { first: number; count: number }[], segmentId: SegmentId = ID) => {
  return { type: "request", segmentId, edition: 7, withinMs: 0, pieces } as const;
};

describe("the uploader", () => {
  it("sends a piece as frames that fit, in order, with its edition", () => {
    const { neighbour, sent } = neighbourOf(1);
    new Uploader(holdsAll, everywhere, new VirtualClock(), new Counters(), UNLIMITED).request(
      neighbour,
      request([{ first: 3, count: 1 }]),
    );
    const pieces = sent.filter((frame) => frame.type === "piece");
    expect(pieces.length).toBe(5);
    let at = 0;
    for (const frame of pieces) {
      expect(frame).toMatchObject({ segmentId: ID, piece: 3, edition: 7, offset: at });
      at += frame.bytes.length;
    }
    expect(at).toBe(PIECE_BYTES);
  });

  it("rejects at once what it does not hold, with the reason", () => {
    const { neighbour, sent } = neighbourOf(1);
    const source: UploadSource = (_id, piece) => (piece === 1 ? "gone" : piece === 2 ? "other-edition" : "budget");
    new Uploader(source, everywhere, new VirtualClock(), new Counters(), UNLIMITED).request(
      neighbour,
      request([{ first: 0, count: 3 }]),
    );
    expect(sent.map((frame) => (frame.type === "reject" ? [frame.reason, frame.pieces] : frame))).toEqual([
      ["budget", [{ first: 0, count: 1 }]],
      ["gone", [{ first: 1, count: 1 }]],
      ["other-edition", [{ first: 2, count: 1 }]],
    ]);
  });

  it("never fills a channel, and goes on when it drains", () => {
    const { neighbour, sent, link } = neighbourOf(1, { carries: 0 });
    const uploader = new Uploader(holdsAll, everywhere, new VirtualClock(), new Counters(), UNLIMITED);
    uploader.request(neighbour, request([{ first: 0, count: 40 }]));
    expect(link.queuedBytes).toBeLessThan(192 * 1024 + 16_385);
    const before = sent.length;
    link.queuedBytes = 0;
    uploader.pump();
    expect(sent.length).toBeGreaterThan(before);
  });

  it("serves neighbours in turn: a long request does not hold up a short one", () => {
    const [long, short] = [neighbourOf(1, { carries: 8 }), neighbourOf(2)];
    const uploader = new Uploader(holdsAll, everywhere, new VirtualClock(), new Counters(), UNLIMITED);
    long.link.queuedBytes = 1_000_000;
    uploader.request(long.neighbour, request([{ first: 0, count: 100 }]));
    uploader.request(short.neighbour, request([{ first: 0, count: 1 }]));
    expect(short.sent.filter(({ type }) => type === "piece").length).toBe(5);
  });

  it("sends what is rare first to who passes it on fastest, whoever asked first", async () => {
    const clock = new VirtualClock();
    const limits = { bytesPerSecond: PIECE_BYTES, share: 1 };
    const uploader = new Uploader(holdsAll, () => true, clock, new Counters(), limits);
    uploader.request(neighbourOf(4).neighbour, request([{ first: 9, count: 1 }]));
    const order: number[] = [];
    for (const uplink of [10, 20, 30]) {
      const { neighbour, sent } = neighbourOf(uplink / 10);
      sent.push = (frame) => order.push(frame.type === "piece" && frame.offset === 0 ? uplink : 0);
      Object.assign(neighbour, { uploads: true, uplink });
      uploader.request(neighbour, request([{ first: 0, count: 1 }]));
    }
    await clock.pass(4_000);
    expect(order.filter((uplink) => uplink > 0)).toEqual([30, 20, 10]);
  });

  it("forgets what is cancelled, and who left", () => {
    const { neighbour, sent, link } = neighbourOf(1, { carries: 0 });
    const uploader = new Uploader(holdsAll, everywhere, new VirtualClock(), new Counters(), UNLIMITED);
    uploader.request(neighbour, request([{ first: 0, count: 100 }]));
    uploader.cancel(neighbour.peerId, ID, null);
    expect(uploader.active).toBe(0);
    const before = sent.length;
    link.queuedBytes = 0;
    uploader.pump();
    expect(sent.length).toBe(before);
  });

  it("keeps to its budget of bytes a second", async () => {
    const clock = new VirtualClock();
    const counters = new Counters();
    const { neighbour } = neighbourOf(1);
    const uploader = new Uploader(holdsAll, everywhere, clock, counters, { bytesPerSecond: 100_000, share: 1 });
    uploader.request(neighbour, request([{ first: 0, count: 100 }]));
    const atOnce = counters.uploadedBytes;
    await clock.pass(10_000);
    expect(atOnce).toBeLessThanOrEqual(100_000 + 16_384);
    expect(counters.uploadedBytes - atOnce).toBeGreaterThan(900_000);
    expect(counters.uploadedBytes - atOnce).toBeLessThanOrEqual(1_000_000 + 16_384);
    uploader.close();
  });
});

describe("a slow uplink", () => {
  it("has as many bytes waiting, and no more, whatever the size of a piece", async () => {
    for (const pieceBytes of [PIECE_BYTES, 2 * PIECE_BYTES]) {
      const clock = new VirtualClock();
      const source: UploadSource = () => ({ bytes: new Uint8Array(pieceBytes), edition: 7 });
      const uploader = new Uploader(source, everywhere, clock, new Counters(), UNLIMITED);
      const [first, second] = [neighbourOf(1, { carries: 0 }), neighbourOf(2)];
      uploader.request(first.neighbour, request([{ first: 0, count: 16 }]));
      // Some 1 Mbit/s leave the channel.
      for (let ms = 0; ms < 1_500; ms += 25) {
        first.link.queuedBytes = Math.max(0, first.link.queuedBytes - 3_125);
        await clock.pass(25);
      }
      expect(uploader.uplinkBps).toBeGreaterThan(800_000);
      expect(uploader.uplinkBps).toBeLessThan(2_600_000);
      uploader.cancel(first.neighbour.peerId, ID, null);
      uploader.request(second.neighbour, request([{ first: 0, count: 8 }]));
      const refused = second.sent.flatMap((frame) => (frame.type === "reject" ? fromRanges(frame.pieces) : []));
      expect((8 - refused.length) * pieceBytes).toBe(2 * PIECE_BYTES);
      uploader.close();
    }
  });
});

describe("an uplink", () => {
  it("is not taken for faster by what waits before another's slow line", async () => {
    const clock = new VirtualClock();
    const uploader = new Uploader(holdsAll, everywhere, clock, new Counters(), UNLIMITED);
    const all = [1, 2].map((n) => neighbourOf(n, { carries: 0 }));
    for (const { neighbour } of all) uploader.request(neighbour, request([{ first: 0, count: 400 }]));
    // Our uplink carries 800 kbit/s, of which hardly anything to the second.
    for (let ms = 0; ms < 4_000; ms += 10) {
      for (const [n, { link }] of all.entries()) {
        link.queuedBytes = Math.max(0, link.queuedBytes - (n === 0 ? 950 : 50));
      }
      await clock.pass(10);
    }
    expect(uploader.uplinkBps).toBeGreaterThan(700_000);
    expect(uploader.uplinkBps).toBeLessThan(1_000_000);
    uploader.close();
  });
});

describe("what is rare", () => {
  it("is sent before what many have, and taken on where there is no room for more", () => {
    const [common, rare] = [neighbourOf(1, { carries: 0 }), neighbourOf(2, { carries: 0, uploads: true })];
    const isRare = (_id: SegmentId, piece: number): boolean => piece === 7;
    const uploader = new Uploader(holdsAll, isRare, new VirtualClock(), new Counters(), UNLIMITED);
    common.link.queuedBytes = rare.link.queuedBytes = 1_000_000;
    uploader.request(common.neighbour, request([{ first: 0, count: 4 }]));
    uploader.request(
      rare.neighbour,
      request([
        { first: 1, count: 1 },
        { first: 7, count: 1 },
      ]),
    );
    common.link.queuedBytes = rare.link.queuedBytes = 0;
    uploader.pump();
    expect(rare.sent[0]).toMatchObject({ type: "piece", piece: 7 });
  });

  it("is so only for who passes it on", () => {
    const [leaf, relay] = [neighbourOf(1, { carries: 0 }), neighbourOf(2, { carries: 0, uploads: true })];
    const isRare = (_id: SegmentId, piece: number): boolean => piece === 7;
    const uploader = new Uploader(holdsAll, isRare, new VirtualClock(), new Counters(), UNLIMITED);
    for (const { neighbour, link } of [leaf, relay]) {
      link.queuedBytes = 1_000_000;
      uploader.request(
        neighbour,
        request([
          { first: 1, count: 1 },
          { first: 7, count: 1 },
        ]),
      );
      link.queuedBytes = 0;
    }
    uploader.pump();
    expect(relay.sent[0]).toMatchObject({ type: "piece", piece: 7 });
    expect(leaf.sent[0]).toMatchObject({ type: "piece", piece: 1 });
  });

  it("is so twice at the most: then it is the others' to pass on", () => {
    const three = [1, 2, 3].map((n) => neighbourOf(n, { uploads: true }));
    const isRare = (_id: SegmentId, piece: number): boolean => piece === 7;
    const uploader = new Uploader(holdsAll, isRare, new VirtualClock(), new Counters(), UNLIMITED);
    for (const { neighbour } of three.slice(0, 2)) uploader.request(neighbour, request([{ first: 7, count: 1 }]));
    const [last] = three.slice(2);
    if (!last) throw new Error("There are three.");
    last.link.queuedBytes = 1_000_000;
    uploader.request(
      last.neighbour,
      request([
        { first: 3, count: 1 },
        { first: 7, count: 1 },
      ]),
    );
    last.link.queuedBytes = 0;
    uploader.pump();
    expect(last.sent[0]).toMatchObject({ type: "piece", piece: 3 });
  });
});

describe("channels", () => {
  it("of neighbours that wait for nothing more still count against what is on its way", () => {
    const many = Array.from({ length: 9 }, (_, n) => neighbourOf(n + 1, { carries: 0 }));
    const uploader = new Uploader(holdsAll, everywhere, new VirtualClock(), new Counters(), UNLIMITED);
    for (const { neighbour } of many) uploader.request(neighbour, request([{ first: 0, count: 1 }]));
    const queuedBytes = many.reduce((sum, { link }) => sum + link.queuedBytes, 0);
    expect(queuedBytes).toBeLessThan(192 * 1024);
  });
});

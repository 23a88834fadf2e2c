import {
  editionOf,
  MAX_PIECE_PAYLOAD_BYTES,
  NO_SEGMENT,
  type PeerId,
  pieceExtent,
  type Seal,
  type SegmentId,
  type SegmentNews,
  type SwarmId,
  segmentIdOf,
  trackIdOf,
} from "@shoal/protocol";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Segment } from "../player.ts";
import { TestSealer, testIntegrity } from "../testing/test-sealer.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Copies } from "./copies.ts";
import type { Copy } from "./copy.ts";
import { SealBook } from "./seal-book.ts";
import { MemoryStore } from "./segment-store.ts";

const SWARM = "/a" as SwarmId;
const HONEST = "aa".repeat(16) as PeerId;
const LIAR = "bb".repeat(16) as PeerId;
const BUDGET = 2 * 1024 * 1024;

let clock: VirtualClock;
let store: MemoryStore;
let book: SealBook;
let copies: Copies;
let convicted: PeerId[];
let contradicted: SegmentId[];
let wasted: number;
let heard: readonly number[];
const sealer = new TestSealer();

beforeEach(() => {
  clock = new VirtualClock();
  store = new MemoryStore();
  book = new SealBook(testIntegrity, SWARM, () => 0);
  book.addKeys([sealer.key]);
  convicted = [];
  contradicted = [];
  wasted = 0;
  heard = [];
  copies = new Copies(
    {
      store,
      integrity: testIntegrity,
      seals: book,
      clock,
      heard: () => heard.map((byteLength) => ({ said: { news: newsOf(byteLength) } })),
    },
    { budgetBytes: BUDGET, trustsPeers: false },
    {
      changed: () => {},
      dropped: () => {},
      convict: (peerId) => convicted.push(peerId),
      wasted: (bytes) => {
        wasted += bytes;
      },
      contradicted: (copy) => contradicted.push(copy.id),
    },
  );
});

function newsOf(byteLength: number, pieceShift: number = 16): SegmentNews {
  return { trackId: trackIdOf("v/init.mp4"), previousId: NO_SEGMENT, byteLength, pieceShift };
}

function segmentOf(number: number): Segment {
  const id = segmentIdOf(`v/${number}.m4s`);
  const url = `https://cdn.example/v/${number}.m4s`;
  return {
    id,
    trackId: trackIdOf("v/init.mp4"),
    previousId: NO_SEGMENT,
    url,
    range: null,
    startMs: 0,
    durationMs: 4000,
  };
}

function bytesOf(number: number, length: number = 150_000): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, at) => (at >> 12) + number);
}

const sealOf = (number: number, bytes: Uint8Array, atMs: number = 1000): Seal => {
  return sealer.seal(SWARM, segmentOf(number), bytes, atMs);
};

async function know(seal: Seal): Promise<void> {
  if ((await book.offer(seal)) === "new") copies.applySeal(seal);
  await clock.pass(0);
}

/** Has a neighbour send pieces it was asked for. */
async function send(
  copy: Copy,
  bytes: Uint8Array,
  from: PeerId,
  edition: number,
  pieces?: readonly number[],
): Promise<void> {
  for (const piece of pieces ?? copy.in("missing")) {
    copy.set(piece, "asked", clock.now(), from);
    const { offset, length } = pieceExtent(piece, bytes.length, 16);
    for (let at = 0; at < length; at += MAX_PIECE_PAYLOAD_BYTES) {
      const payload = bytes.subarray(offset + at, offset + Math.min(length, at + MAX_PIECE_PAYLOAD_BYTES));
      copies.receive(copy, from, { type: "piece", segmentId: copy.id, edition, piece, offset: at, bytes: payload });
    }
  }
  await clock.pass(0);
}

function begun(number: number, length: number = 150_000): Copy {
  const copy = copies.begin(segmentOf(number));
  copies.claimLength(copy, newsOf(length));
  return copy;
}

it("a segment is cut as its seal says, also where the CDN's bytes came first", async () => {
  const bytes = bytesOf(1);
  const seal = sealer.seal(SWARM, segmentOf(1), bytes, 1000, 15);
  const early = copies.begin(segmentOf(1));
  copies.receiveCdn(early, { bytes: bytes.slice().buffer, offset: 0, totalBytes: null, whole: true });
  expect(early.pieces.length).toBe(3);
  await know(seal);
  await clock.pass(0);
  expect([early.pieces.length, early.sealed, early.unshareable]).toEqual([5, true, false]);
  expect(copies.read(early.id, 4)?.bytes).toEqual(bytes.subarray(4 * 32_768));
  expect(new Uint8Array(copies.assemble(early) ?? new ArrayBuffer(0))).toEqual(bytes);
  expect(contradicted).toEqual([]);
});

describe("pieces from others", () => {
  it("are playable and shareable once their seal confirms them", async () => {
    const bytes = bytesOf(1);
    const seal = sealOf(1, bytes);
    await know(seal);
    const copy = begun(1);
    await send(copy, bytes, HONEST, editionOf(seal));
    expect(copy.sealed).toBe(true);
    expect(new Uint8Array(copies.assemble(copy) ?? new ArrayBuffer(0))).toEqual(bytes);
    expect(copies.read(copy.id, 2)?.bytes).toEqual(bytes.subarray(131_072));
  });

  it("wait in quarantine for the seal, neither played nor sent on", async () => {
    const bytes = bytesOf(1);
    const copy = begun(1);
    await send(copy, bytes, HONEST, 0);
    expect(copies.assemble(copy)).toBeNull();
    expect(copies.read(copy.id, 0)).toBeNull();
    expect(copy.shareable()).toEqual([]);
    await know(sealOf(1, bytes));
    expect(copy.sealed).toBe(true);
    expect(convicted).toEqual([]);
  });

  it("of two segments at most wait in quarantine", async () => {
    for (const number of [1, 2]) await send(begun(number), bytesOf(number), HONEST, 0, [0]);
    expect(copies.mayQuarantine(begun(3))).toBe(false);
    expect(copies.mayQuarantine(begun(2))).toBe(true);
  });

  it("that the seal refutes convict exactly who sent them", async () => {
    const bytes = bytesOf(1);
    const wrong = bytes.slice().fill(0xee, 65_536, 131_072);
    const copy = begun(1);
    await send(copy, bytes, HONEST, 0, [0, 2]);
    await send(copy, wrong, LIAR, 0, [1]);
    await know(sealOf(1, bytes));
    expect(convicted).toEqual([LIAR]);
    expect(copy.in("held")).toEqual([0, 2]);
    expect(copy.in("missing")).toEqual([1]);
  });

  it("of an edition that no seal ever named convict; of one that was true once they do not", async () => {
    const old = bytesOf(7);
    const oldSeal = sealOf(1, old, 1000);
    await book.offer(oldSeal);
    book.forget(oldSeal.segmentId);
    const copy = begun(1);
    await send(copy, old, HONEST, editionOf(oldSeal), [0]);
    await send(copy, bytesOf(9), LIAR, 0xbad, [1]);
    await know(sealOf(1, bytesOf(1), 2000));
    expect(convicted).toEqual([LIAR]);
    expect(copy.in("missing")).toEqual([0, 1, 2]);
  });

  it("that nobody asked for, of another sender, out of order or too long, are waste and change nothing", async () => {
    const bytes = bytesOf(1);
    const copy = begun(1);
    copy.set(0, "asked", 0, HONEST);
    const frame = {
      type: "piece",
      segmentId: copy.id,
      edition: 0,
      piece: 0,
      offset: 0,
      bytes: bytes.subarray(0, 100),
    } as const;
    expect(copies.receive(copy, LIAR, frame)).toBe(0);
    expect(copies.receive(copy, HONEST, { ...frame, piece: 1 })).toBe(0);
    expect(copies.receive(copy, HONEST, { ...frame, offset: 50 })).toBe(0);
    expect(copies.receive(copy, HONEST, { ...frame, bytes: bytes.subarray(0, 70_000) })).toBe(0);
    expect(copies.receive(copy, HONEST, { ...frame, piece: 200 })).toBe(0);
    expect(copies.receive(copy, HONEST, frame)).toBe(100);
    expect(wasted).toBe(100 * 4 + 70_000);
  });

  it("may be asked for as soon as the copy begins, where a neighbour said before how long it is", () => {
    heard = [0, 0xffff_ffff, 150_000, 70_000];
    const copy = copies.begin(segmentOf(1));
    expect([copy.byteLength, copy.count("missing")]).toEqual([150_000, 3]);
  });

  it("are refused for a segment whose claimed length is absurd", () => {
    const copy = copies.begin(segmentOf(1));
    copies.claimLength(copy, newsOf(0xffff_ffff, 24));
    expect(copy.byteLength).toBe(0);
  });
});

describe("bytes from the CDN", () => {
  const answer = (bytes: Uint8Array<ArrayBuffer>, offset: number = 0, whole: boolean = true) => {
    return { bytes: bytes.slice().buffer, offset, totalBytes: null, whole };
  };

  it("may be sent on before there is a seal, and are announced under it afterwards", async () => {
    const bytes = bytesOf(1);
    const copy = copies.begin(segmentOf(1));
    copies.receiveCdn(copy, answer(bytes));
    expect(copy.shareable()).toEqual([{ first: 0, count: 3 }]);
    expect(copy.held()).toEqual([]);
    await know(sealOf(1, bytes));
    expect(copy.held()).toEqual([{ first: 0, count: 3 }]);
  });

  it("are believed against their seal, and then shared with nobody", async () => {
    const bytes = bytesOf(1);
    const copy = copies.begin(segmentOf(1));
    copies.receiveCdn(copy, answer(bytes));
    await know(sealOf(1, bytesOf(2)));
    expect(contradicted).toEqual([copy.id]);
    expect(copy.shareable()).toEqual([]);
    expect(copies.read(copy.id, 0)).toBeNull();
    expect(new Uint8Array(copies.assemble(copy) ?? new ArrayBuffer(0))).toEqual(bytes);
  });

  it("that came in ranges are forgotten with the seal that gave their length, until all of it is there", async () => {
    const old = bytesOf(1);
    const restarted = bytesOf(2, 170_000);
    await know(sealOf(1, old));
    const copy = begun(1);
    // What the CDN has under the name now is longer than the seal says: its ranges fit all the same.
    copies.receiveCdn(copy, answer(restarted.slice(0, 131_072), 0, false));
    copies.receiveCdn(copy, answer(restarted.slice(131_072, 150_000), 131_072, false));
    await clock.pass(0);
    expect(contradicted).toEqual([copy.id]);
    expect(copies.assemble(copy)).toBeNull();
    copies.claimLength(copy, newsOf(150_000));
    expect(copy.pieces).toEqual([]);
    copies.receiveCdn(copy, answer(restarted));
    expect(new Uint8Array(copies.assemble(copy) ?? new ArrayBuffer(0))).toEqual(restarted);
    expect(copy.shareable()).toEqual([]);
  });

  it("complete what peers began, and are never mixed with bytes of another edition", async () => {
    const bytes = bytesOf(1);
    const seal = sealOf(1, bytes);
    await know(seal);
    const copy = begun(1);
    await send(copy, bytes, HONEST, editionOf(seal), [0]);
    copies.receiveCdn(copy, answer(bytes.slice(65_536), 65_536, false));
    await clock.pass(0);
    expect(new Uint8Array(copies.assemble(copy) ?? new ArrayBuffer(0))).toEqual(bytes);

    const other = begun(2);
    await know(sealOf(2, bytesOf(2)));
    await send(other, bytesOf(2), HONEST, other.edition, [0]);
    copies.receiveCdn(other, answer(bytesOf(3).slice(65_536), 65_536, false));
    await clock.pass(0);
    expect(copies.assemble(other)).toBeNull();
    expect(convicted).toEqual([]);
  });
});

describe("a newer seal", () => {
  it("voids what was held under the older one, and convicts nobody", async () => {
    const old = bytesOf(1);
    await know(sealOf(1, old, 1000));
    const copy = begun(1);
    await send(copy, old, HONEST, copy.edition);
    await know(sealOf(1, bytesOf(4), 2000));
    expect(copy.in("missing")).toEqual([0, 1, 2]);
    expect([...copies.open()]).toEqual([copy]);
    expect(convicted).toEqual([]);
  });
});

it("memory is a hard bound, and what lacks something is open, whatever arrives in whatever order", async () => {
  const step = fc.record({
    number: fc.nat(30),
    length: fc.integer({ min: 1, max: 900_000 }),
    from: fc.constantFrom("cdn", "peer", "seal", "delivered", "drop"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      copies.clear();
      for (const { number, length, from } of steps) {
        const copy = copies.begin(segmentOf(number));
        const bytes = new Uint8Array(length).fill(number);
        if (from === "cdn")
          copies.receiveCdn(copy, { bytes: bytes.buffer, offset: 0, totalBytes: length, whole: true });
        if (from === "peer") {
          copies.claimLength(copy, newsOf(length));
          await send(copy, new Uint8Array(copy.byteLength).fill(number), HONEST, copy.edition);
        }
        if (from === "seal") await know(sealOf(number, bytes, number));
        if (from === "delivered") copy.delivered = true;
        if (from === "drop") copies.drop(copy.id);
        expect(copies.storedBytes).toBeLessThanOrEqual(BUDGET);
        expect(new Set(copies.open())).toEqual(new Set([...copies.all()].filter(({ complete }) => !complete)));
      }
      copies.clear();
      expect(copies.storedBytes).toBe(0);
    }),
    { seed: 11, numRuns: 60 },
  );
});

it("a virtual hour of a TV's budget ends with no more kept than its first minute", async () => {
  const budgetBytes = 32 * 1024 * 1024;
  const tv = new Copies(
    {
      store,
      integrity: testIntegrity,
      seals: book,
      clock,
      heard: () => heard.map((byteLength) => ({ said: { news: newsOf(byteLength) } })),
    },
    { budgetBytes, trustsPeers: false },
    { changed: () => {}, dropped: () => {}, convict: () => {}, wasted: () => {}, contradicted: () => {} },
  );
  let copiesAfterAMinute = 0;
  // Segments of 4 s and 2.5 MB: 5 Mbit/s.
  for (let number = 0; number < 900; number++) {
    const copy = tv.begin(segmentOf(number));
    const bytes = new ArrayBuffer(2_500_000);
    tv.receiveCdn(copy, { bytes, offset: 0, totalBytes: bytes.byteLength, whole: true });
    copy.delivered = true;
    await clock.pass(4_000);
    expect(tv.storedBytes).toBeLessThanOrEqual(budgetBytes);
    if (number === 15) copiesAfterAMinute = [...tv.all()].length;
  }
  expect([...tv.all()].length).toBeLessThanOrEqual(copiesAfterAMinute);
  expect(store.bytes).toBe(tv.storedBytes);
});

it("a smaller budget drops at once what no longer fits, what was played first", () => {
  for (const number of [1, 2, 3]) {
    const copy = begun(number);
    const bytes = new ArrayBuffer(600_000);
    copies.receiveCdn(copy, { bytes, offset: 0, totalBytes: bytes.byteLength, whole: true });
    copy.delivered = number === 2;
  }
  copies.budgetBytes = 1_300_000;
  expect([...copies.all()].map(({ id }) => id)).toEqual([1, 3].map((number) => segmentOf(number).id));
  copies.budgetBytes = 0;
  expect(copies.storedBytes).toBe(0);
});

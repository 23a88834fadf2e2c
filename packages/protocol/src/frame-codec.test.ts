import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, MAX_PIECE_PAYLOAD_BYTES } from "./frame-codec.ts";
import { BYE_REASONS, FRAME_TYPES, type Frame, MAX_FRAME_BYTES, REJECT_REASONS, type SegmentNews } from "./frames.ts";
import type { PeerId, SegmentId, TrackId } from "./ids.ts";
import { HASH_BYTES, type Seal, SIGNATURE_BYTES } from "./seal.ts";

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(..."0123456789abcdef"), { minLength: digits, maxLength: digits })
    .map((list) => list.join(""));
const segmentId = hex(16) as fc.Arbitrary<SegmentId>;
const trackId = hex(16) as fc.Arbitrary<TrackId>;
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ranges = fc.array(fc.record({ first: u16, count: u16 }), { maxLength: 40 });
const news: fc.Arbitrary<SegmentNews> = fc.record({
  trackId,
  previousId: segmentId,
  byteLength: u32,
  pieceShift: fc.integer({ min: 16, max: 24 }),
});
const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max });
const seal: fc.Arbitrary<Seal> = fc.integer({ min: 1, max: 40 }).chain((pieces) =>
  fc.record({
    trackId,
    segmentId,
    previousId: segmentId,
    sealedAtMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    byteLength: fc.integer({ min: (pieces - 1) * 65_536 + 1, max: pieces * 65_536 }),
    pieceShift: fc.constant(16),
    hashes: bytes(pieces * HASH_BYTES, pieces * HASH_BYTES),
    keyId: hex(16),
    signature: bytes(SIGNATURE_BYTES, SIGNATURE_BYTES),
  }),
);

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    major: u8,
    minor: u8,
    features: u32,
    peerId: hex(32) as fc.Arbitrary<PeerId>,
    swarm: hex(16),
  }),
  fc.record({
    type: fc.constant("have" as const),
    segmentId,
    edition: u32,
    news: fc.option(news),
    complete: fc.boolean(),
    held: ranges,
    coming: ranges,
  }),
  fc.record({ type: fc.constant("drop" as const), segmentIds: fc.array(segmentId, { maxLength: 60 }) }),
  fc.record({ type: fc.constant("request" as const), segmentId, edition: u32, withinMs: u16, pieces: ranges }),
  fc.record({
    type: fc.constant("piece" as const),
    segmentId,
    edition: u32,
    piece: u8,
    offset: u32,
    bytes: bytes(0, 300),
  }),
  fc.record({ type: fc.constant("cancel" as const), segmentId, pieces: ranges }),
  fc.record({
    type: fc.constant("reject" as const),
    segmentId,
    reason: fc.constantFrom(...REJECT_REASONS),
    pieces: ranges,
  }),
  fc.record({
    type: fc.constant("status" as const),
    uploads: fc.boolean(),
    freeSlots: u8,
    tracks: fc.array(trackId, { maxLength: 8 }),
    continues: fc.array(fc.record({ from: trackId, to: trackId }), { maxLength: 4 }),
    rosterEpoch: u32,
    uplink: fc.integer({ min: 1, max: 0xffff }),
  }),
  fc.record({ type: fc.constant("wantSeal" as const), segmentId }),
  fc.record({ type: fc.constant("seal" as const), seal }),
  fc.record({ type: fc.constant("bye" as const), reason: fc.constantFrom(...BYE_REASONS) }),
);

/** How many numbers and texts a value is made of: a measure of what decoding allocated. */
function weight(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + weight(item), 0);
  if (typeof value === "object" && value !== null) return weight(Object.values(value));
  return typeof value === "string" ? value.length / 2 : 1;
}

describe("a frame", () => {
  it("arrives as it was sent", () => {
    fc.assert(
      fc.property(frame, (sent) => {
        expect(decodeFrame(encodeFrame(sent))).toEqual({ ok: true, value: { frame: sent, skippedBytes: 0 } });
      }),
      { seed: 1, numRuns: 1500 },
    );
  });

  it("of a later version, with fields after the known ones, is read and the rest counted", () => {
    fc.assert(
      fc.property(frame, bytes(1, 20), (sent, more) => {
        fc.pre(sent.type !== "piece");
        const decoded = decodeFrame(new Uint8Array([...encodeFrame(sent), ...more]));
        if (sent.type === "seal") expect(decoded.ok).toBe(true);
        else expect(decoded).toEqual({ ok: true, value: { frame: sent, skippedBytes: more.length } });
      }),
      { seed: 2, numRuns: 600 },
    );
  });

  it("cut short anywhere is refused as truncated, or read as another complete frame, and never thrown", () => {
    fc.assert(
      fc.property(frame, fc.nat(400), (sent, at) => {
        const whole = encodeFrame(sent);
        const cut = whole.subarray(0, Math.min(at, whole.length - 1));
        const decoded = decodeFrame(cut);
        // A PIECE may be of any length, and the last field of STATUS came with a later version.
        const isShorter =
          sent.type === "piece" ? cut.length >= 19 : sent.type === "status" && cut.length >= whole.length - 2;
        if (isShorter) expect(decoded.ok).toBe(true);
        else expect(decoded).toMatchObject({ ok: false, code: expect.stringMatching(/^(truncated|bad-seal)$/) });
      }),
      { seed: 3, numRuns: 1500 },
    );
  });
});

describe("any bytes", () => {
  const known = Object.values(FRAME_TYPES);
  const anything = fc.oneof(
    bytes(0, 400),
    fc.tuple(fc.constantFrom(...known), bytes(0, 400)).map(([type, rest]) => new Uint8Array([type, ...rest])),
    fc.tuple(frame, fc.array(fc.tuple(fc.nat(400), u8), { maxLength: 6 })).map(([sent, changes]) => {
      const changed = encodeFrame(sent);
      for (const [at, value] of changes) changed[at % changed.length] = value;
      return changed;
    }),
  );

  it("give a frame or a typed refusal, and allocate no more than they are long", () => {
    fc.assert(
      fc.property(anything, (received) => {
        const decoded = decodeFrame(received);
        if (decoded.ok) expect(weight(decoded.value.frame)).toBeLessThanOrEqual(received.length + 16);
        else expect(["truncated", "too-long", "unknown-type", "bad-field", "bad-seal"]).toContain(decoded.code);
      }),
      { seed: 4, numRuns: 8000 },
    );
  });

  it("of an unknown type are told apart from malformed ones: a newer viewer is no offender", () => {
    expect(decodeFrame(new Uint8Array([200, 1, 2, 3]))).toMatchObject({ ok: false, code: "unknown-type" });
  });

  it("longer than a frame may be are refused unread", () => {
    expect(decodeFrame(new Uint8Array(MAX_FRAME_BYTES + 1).fill(5))).toMatchObject({ ok: false, code: "too-long" });
  });

  it("that claim more items than they hold are refused before anything is made of the claim", () => {
    const drop = new Uint8Array([FRAME_TYPES.drop, 0xff, 0xff, 0, 0, 0]);
    expect(decodeFrame(drop)).toMatchObject({ ok: false, code: "truncated" });
  });
});

it("a full piece fits a frame exactly", () => {
  const piece: Frame = {
    type: "piece",
    segmentId: "0123456789abcdef" as SegmentId,
    edition: 1,
    piece: 0,
    offset: 0,
    bytes: new Uint8Array(MAX_PIECE_PAYLOAD_BYTES),
  };
  expect(encodeFrame(piece).length).toBe(MAX_FRAME_BYTES);
});

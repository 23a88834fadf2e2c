import type { Frame } from "./frames.ts";
import type { PeerId, SegmentId, TrackId } from "./ids.ts";

const A = "0011223344556677" as SegmentId;
const B = "8899aabbccddeeff" as SegmentId;
const T = "0123456789abcdef" as TrackId;
const U = "fedcba9876543210" as TrackId;

/** One frame of each type, and its bytes, as release 0.1 sends them. Never changed: TV apps never update. */
export const RELEASE_0_1: readonly { readonly frame: Frame; readonly hex: string }[] = [
  {
    frame: {
      type: "hello",
      major: 1,
      minor: 0,
      features: 0,
      peerId: "000102030405060708090a0b0c0d0e0f" as PeerId,
      swarm: "a1b2c3d4e5f60718",
    },
    hex: "01010000000000000102030405060708090a0b0c0d0e0fa1b2c3d4e5f60718",
  },
  {
    frame: {
      type: "have",
      segmentId: B,
      edition: 0xcafe_babe,
      news: { trackId: T, previousId: A, byteLength: 700_000, pieceShift: 16 },
      complete: false,
      held: [{ first: 0, count: 3 }],
      coming: [{ first: 3, count: 8 }],
    },
    hex: "02028899aabbccddeeffcafebabe0123456789abcdef0011223344556677000aae6010000100000003000100030008",
  },
  { frame: { type: "drop", segmentIds: [A, B] }, hex: "03000200112233445566778899aabbccddeeff" },
  {
    frame: { type: "request", segmentId: B, edition: 7, withinMs: 2500, pieces: [{ first: 2, count: 2 }] },
    hex: "048899aabbccddeeff0000000709c4000100020002",
  },
  {
    frame: { type: "piece", segmentId: B, edition: 7, piece: 2, offset: 16_365, bytes: new Uint8Array([1, 2, 3]) },
    hex: "058899aabbccddeeff00000007000200003fed010203",
  },
  { frame: { type: "cancel", segmentId: B, pieces: [] }, hex: "068899aabbccddeeff0000" },
  {
    frame: { type: "reject", segmentId: B, reason: "other-edition", pieces: [{ first: 9, count: 1 }] },
    hex: "078899aabbccddeeff02000100090001",
  },
  {
    frame: {
      type: "status",
      uploads: true,
      freeSlots: 12,
      tracks: [T],
      continues: [{ from: T, to: U }],
      rosterEpoch: 5,
      uplink: 0,
    },
    hex: "08010c00000005010123456789abcdef010123456789abcdeffedcba9876543210",
  },
  { frame: { type: "wantSeal", segmentId: A }, hex: "090011223344556677" },
  {
    frame: {
      type: "seal",
      seal: {
        trackId: T,
        segmentId: B,
        previousId: A,
        sealedAtMs: 1_800_000_000_000,
        byteLength: 65_537,
        pieceShift: 16,
        hashes: new Uint8Array(64).fill(0xab),
        keyId: "1234567890abcdef",
        signature: new Uint8Array(64).fill(0xcd),
      },
    },
    hex: `0a010123456789abcdef8899aabbccddeeff001122334455667701a3185c500000010001101234567890abcdef${"ab".repeat(64)}${"cd".repeat(64)}`,
  },
  { frame: { type: "bye", reason: "leaving" }, hex: "0b00" },
];

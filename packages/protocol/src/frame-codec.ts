import { ByteReader, ByteWriter, joinBytes, reading } from "./bytes.ts";
import {
  BYE_REASONS,
  FRAME_TYPES,
  type Frame,
  type HaveFrame,
  MAX_FRAME_BYTES,
  type PieceFrame,
  REJECT_REASONS,
  type SegmentNews,
} from "./frames.ts";
import type { PeerId, SegmentId, TrackId } from "./ids.ts";
import { MAX_PIECE_SHIFT, MAX_PIECES, PIECE_SHIFT, type PieceRange } from "./pieces.ts";
import { accept, type Result, refuse } from "./result.ts";
import { decodeSeal, encodeSeal } from "./seal.ts";

/** `unknown-type` is not an offence: a newer viewer may say more than this one understands. */
export type FrameError = "truncated" | "too-long" | "unknown-type" | "bad-field" | "bad-seal";

/** A frame that was read, and how many bytes after its last known field were skipped. */
export interface DecodedFrame {
  readonly frame: Frame;
  readonly skippedBytes: number;
}

/** Bytes of a PIECE frame before its payload. */
export const PIECE_HEADER_BYTES = 19;
/** Largest payload of one PIECE frame. */
export const MAX_PIECE_PAYLOAD_BYTES = MAX_FRAME_BYTES - PIECE_HEADER_BYTES;

const HAVE_COMPLETE = 1;
const HAVE_NEWS = 2;
const STATUS_UPLOADS = 1;

/** The bytes of a PIECE frame before its payload: what is sent right behind them, in the same message, is the payload. */
export function encodePieceHead({
  segmentId,
  edition,
  piece,
  offset,
}: Omit<PieceFrame, "bytes">): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(PIECE_HEADER_BYTES).u8(FRAME_TYPES.piece);
  return out.hex(segmentId).u32(edition).u16(piece).u32(offset).done();
}

/** A frame's bytes. The caller keeps lists short enough for {@link MAX_FRAME_BYTES}; pieces by {@link MAX_PIECE_PAYLOAD_BYTES}. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter().u8(FRAME_TYPES[frame.type]);
  switch (frame.type) {
    case "hello":
      return out.u8(frame.major).u8(frame.minor).u32(frame.features).hex(frame.peerId).hex(frame.swarm).done();
    case "have":
      return writeHave(out, frame).done();
    case "drop":
      out.u16(frame.segmentIds.length);
      for (const id of frame.segmentIds) out.hex(id);
      return out.done();
    case "request":
      out.hex(frame.segmentId).u32(frame.edition).u16(Math.min(0xffff, frame.withinMs));
      return writeRanges(out, frame.pieces).done();
    case "piece":
      return joinBytes(encodePieceHead(frame), frame.bytes);
    case "cancel":
      return writeRanges(out.hex(frame.segmentId), frame.pieces).done();
    case "reject":
      out.hex(frame.segmentId).u8(REJECT_REASONS.indexOf(frame.reason));
      return writeRanges(out, frame.pieces).done();
    case "status":
      out
        .u8(frame.uploads ? STATUS_UPLOADS : 0)
        .u8(Math.min(255, frame.freeSlots))
        .u32(frame.rosterEpoch);
      out.u8(frame.tracks.length);
      for (const track of frame.tracks) out.hex(track);
      out.u8(frame.continues.length);
      for (const { from, to } of frame.continues) out.hex(from).hex(to);
      if (frame.uplink > 0) out.u16(Math.min(0xffff, frame.uplink));
      return out.done();
    case "wantSeal":
      return out.hex(frame.segmentId).done();
    case "seal":
      return out.bytes(encodeSeal(frame.seal)).done();
    case "bye":
      return out.u8(BYE_REASONS.indexOf(frame.reason)).done();
  }
}

/** Reads one frame. Total: any bytes give a frame or a typed refusal, and nothing is allocated beyond the frame's own length. */
export function decodeFrame(bytes: Uint8Array): Result<DecodedFrame, FrameError> {
  if (bytes.length > MAX_FRAME_BYTES)
    return refuse("too-long", `A frame of ${bytes.length} bytes exceeds ${MAX_FRAME_BYTES}.`);
  return reading<DecodedFrame, FrameError>(() => {
    const reader = new ByteReader(bytes);
    const frame = readFrame(reader);
    return frame.ok ? accept({ frame: frame.value, skippedBytes: reader.remaining }) : frame;
  });
}

function readFrame(reader: ByteReader): Result<Frame, FrameError> {
  const type = reader.u8();
  switch (type) {
    case FRAME_TYPES.hello: {
      const [major, minor, features] = [reader.u8(), reader.u8(), reader.u32()];
      return accept({ type: "hello", major, minor, features, peerId: reader.hex(16) as PeerId, swarm: reader.id() });
    }
    case FRAME_TYPES.have:
      return readHave(reader);
    case FRAME_TYPES.drop:
      return accept({ type: "drop", segmentIds: readIds<SegmentId>(reader, reader.u16()) });
    case FRAME_TYPES.request: {
      const segmentId = reader.id() as SegmentId;
      const [edition, withinMs] = [reader.u32(), reader.u16()];
      return accept({ type: "request", segmentId, edition, withinMs, pieces: readRanges(reader) });
    }
    case FRAME_TYPES.piece: {
      const segmentId = reader.id() as SegmentId;
      const [edition, piece, offset] = [reader.u32(), reader.u16(), reader.u32()];
      if (piece >= MAX_PIECES) return refuse("bad-field", `Piece ${piece} is beyond the last possible one.`);
      return accept({ type: "piece", segmentId, edition, piece, offset, bytes: reader.view(reader.remaining) });
    }
    case FRAME_TYPES.cancel:
      return accept({ type: "cancel", segmentId: reader.id() as SegmentId, pieces: readRanges(reader) });
    case FRAME_TYPES.reject: {
      const segmentId = reader.id() as SegmentId;
      const reason = REJECT_REASONS[reader.u8()] ?? "busy";
      return accept({ type: "reject", segmentId, reason, pieces: readRanges(reader) });
    }
    case FRAME_TYPES.status: {
      const uploads = (reader.u8() & STATUS_UPLOADS) !== 0;
      const [freeSlots, rosterEpoch] = [reader.u8(), reader.u32()];
      const tracks = readIds<TrackId>(reader, reader.u8());
      const pairs = readIds<TrackId>(reader, reader.u8() * 2);
      const continues: { from: TrackId; to: TrackId }[] = [];
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        continues.push({ from: pairs[i] as TrackId, to: pairs[i + 1] as TrackId });
      }
      const uplink = reader.remaining >= 2 ? reader.u16() : 0;
      return accept({ type: "status", uploads, freeSlots, tracks, continues, rosterEpoch, uplink });
    }
    case FRAME_TYPES.wantSeal:
      return accept({ type: "wantSeal", segmentId: reader.id() as SegmentId });
    case FRAME_TYPES.seal: {
      const seal = decodeSeal(reader.view(reader.remaining));
      return seal.ok ? accept({ type: "seal", seal: seal.value }) : seal;
    }
    case FRAME_TYPES.bye:
      return accept({ type: "bye", reason: BYE_REASONS[reader.u8()] ?? "leaving" });
    default:
      return refuse("unknown-type", `Frame type ${type} is not known to this version.`);
  }
}

function writeHave(out: ByteWriter, frame: HaveFrame): ByteWriter {
  out.u8((frame.complete ? HAVE_COMPLETE : 0) | (frame.news ? HAVE_NEWS : 0));
  out.hex(frame.segmentId).u32(frame.edition);
  const { news } = frame;
  if (news) out.hex(news.trackId).hex(news.previousId).u32(news.byteLength).u8(news.pieceShift);
  return writeRanges(writeRanges(out, frame.held), frame.coming);
}

function readHave(reader: ByteReader): Result<HaveFrame, FrameError> {
  const flags = reader.u8();
  const segmentId = reader.id() as SegmentId;
  const edition = reader.u32();
  let news: SegmentNews | null = null;
  if (flags & HAVE_NEWS) {
    const trackId = reader.id() as TrackId;
    const previousId = reader.id() as SegmentId;
    news = { trackId, previousId, byteLength: reader.u32(), pieceShift: reader.u8() };
    if (news.pieceShift < PIECE_SHIFT || news.pieceShift > MAX_PIECE_SHIFT) {
      return refuse("bad-field", `Piece size 2^${news.pieceShift} is out of range.`);
    }
  }
  const complete = (flags & HAVE_COMPLETE) !== 0;
  const held = readRanges(reader);
  return accept({ type: "have", segmentId, edition, news, complete, held, coming: readRanges(reader) });
}

function writeRanges(out: ByteWriter, ranges: readonly PieceRange[]): ByteWriter {
  out.u16(ranges.length);
  for (const { first, count } of ranges) out.u16(first).u16(count);
  return out;
}

function readRanges(reader: ByteReader): PieceRange[] {
  const ranges: PieceRange[] = [];
  for (let left = reader.u16(); left > 0; left--) ranges.push({ first: reader.u16(), count: reader.u16() });
  return ranges;
}

function readIds<Id extends string>(reader: ByteReader, count: number): Id[] {
  const ids: Id[] = [];
  for (let left = count; left > 0; left--) ids.push(reader.id() as Id);
  return ids;
}

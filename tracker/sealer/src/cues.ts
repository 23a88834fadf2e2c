import type { IndexedSegment } from "./sidx.ts";

/** Element ids of Matroska (RFC 9559) on the way to the index of a WebM file. */
const ID = {
  segment: 0x18538067,
  info: 0x1549a966,
  duration: 0x4489,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueClusterPosition: 0xf1,
};

interface Element {
  readonly id: number;
  /** Of its content, in the bytes it was read from. */
  readonly first: number;
  readonly end: number;
}

/** Whether bytes begin with the index of a WebM file. */
export function isCues(bytes: Uint8Array): boolean {
  return bytes.length > 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === ID.cues;
}

/**
 * Reads the index of a WebM file: one segment per cue, in milliseconds, as players read it.
 *
 * @param header the file's bytes before the index
 * @param index the Cues element
 * @returns null for anything else
 */
export function readCues(header: Uint8Array, index: Uint8Array): readonly IndexedSegment[] | null {
  const segment = find(header, 0, header.length, ID.segment);
  const cues = find(index, 0, index.length, ID.cues);
  const info = segment && find(header, segment.first, header.length, ID.info);
  const duration = info && find(header, info.first, info.end, ID.duration);
  if (!segment || !cues || !duration) return null;
  const view = new DataView(header.buffer, header.byteOffset);
  const bytes = duration.end - duration.first;
  if (duration.end > header.length || (bytes !== 4 && bytes !== 8)) return null;
  const durationMs = bytes === 8 ? view.getFloat64(duration.first) : view.getFloat32(duration.first);
  const points = pointsOf(index, cues);
  return points.map(({ timeMs, position }, at): IndexedSegment => {
    const next = points[at + 1];
    return {
      range: { first: segment.first + position, last: (next ? segment.first + next.position : segment.end) - 1 },
      startMs: timeMs,
      durationMs: (next?.timeMs ?? durationMs) - timeMs,
    };
  });
}

function pointsOf(bytes: Uint8Array, cues: Element): { readonly timeMs: number; readonly position: number }[] {
  const points: { timeMs: number; position: number }[] = [];
  for (const point of elements(bytes, cues.first, Math.min(cues.end, bytes.length))) {
    if (point.id !== ID.cuePoint) continue;
    const time = find(bytes, point.first, point.end, ID.cueTime);
    const track = find(bytes, point.first, point.end, ID.cueTrackPositions);
    const cluster = track && find(bytes, track.first, track.end, ID.cueClusterPosition);
    if (time && cluster) points.push({ timeMs: whole(bytes, time), position: whole(bytes, cluster) });
  }
  return points;
}

function find(bytes: Uint8Array, first: number, end: number, id: number): Element | null {
  for (const element of elements(bytes, first, end)) if (element.id === id) return element;
  return null;
}

/** The elements between two places, as far as they can be read (RFC 8794). */
function* elements(bytes: Uint8Array, first: number, end: number): Generator<Element> {
  let at = first;
  while (at < end) {
    const idBytes = lengthAt(bytes, at);
    const sizeBytes = lengthAt(bytes, at + idBytes);
    const content = at + idBytes + sizeBytes;
    if (idBytes > 4 || sizeBytes > 8 || content > end) return;
    const id = whole(bytes, { first: at, end: at + idBytes });
    const marked = bytes[at + idBytes] ?? 0;
    const high = (marked & (0xff >> sizeBytes)) * 256 ** (sizeBytes - 1);
    const size = high + whole(bytes, { first: at + idBytes + 1, end: content });
    yield { id, first: content, end: content + size };
    at = content + size;
  }
}

/** As many zero bits lead as bytes follow. */
function lengthAt(bytes: Uint8Array, at: number): number {
  return Math.clz32(bytes[at] ?? 0) - 23;
}

function whole(bytes: Uint8Array, { first, end }: Pick<Element, "first" | "end">): number {
  let value = 0;
  for (let at = first; at < end; at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

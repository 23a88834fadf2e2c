/** One ISO BMFF box inside a buffer; offsets in bytes. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where the box's own fields begin, after size and type. */
  readonly bodyStart: number;
  readonly end: number;
}

/** The boxes that lie directly between two offsets. Throws on a box that overruns. */
export function boxesIn(bytes: Uint8Array, start = 0, end = bytes.byteLength): readonly Box[] {
  const view = viewOf(bytes);
  const found: Box[] = [];
  for (let at = start; at < end; ) {
    const size = at + 8 <= end ? view.getUint32(at) : 0;
    if (size < 8 || at + size > end) throw new Error(`Not an ISO BMFF file: the box at byte ${at} does not fit.`);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    found.push({ type, start: at, bodyStart: at + 8, end: at + size });
    at += size;
  }
  return found;
}

/** Follows a path such as `moof/traf/tfdt`; undefined where a step is missing. The first box of each name counts. */
export function findBox(bytes: Uint8Array, path: string): Box | undefined {
  let found: Box | undefined;
  for (const type of path.split("/")) {
    found = boxesIn(bytes, found?.bodyStart ?? 0, found?.end ?? bytes.byteLength).find((box) => box.type === type);
    if (found === undefined) return undefined;
  }
  return found;
}

/** The decode time of a segment's first sample, in ticks of its track. */
export function decodeTimeTicks(segment: Uint8Array): number {
  const { version, at } = decodeTimeField(segment);
  const view = viewOf(segment);
  return version === 0 ? view.getUint32(at) : view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

/** How many samples a segment's only track run has. */
export function sampleCount(segment: Uint8Array): number {
  return viewOf(segment).getUint32(demandBox(segment, "moof/traf/trun").bodyStart + 4);
}

/** A copy of a media segment that says another time and sequence number. The size stays the same. */
export function retime(segment: Uint8Array, decodeTime: number, sequenceNumber: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(segment);
  const view = viewOf(copy);
  view.setUint32(demandBox(copy, "moof/mfhd").bodyStart + 4, sequenceNumber >>> 0);
  const { version, at } = decodeTimeField(copy);
  if (version === 0) {
    view.setUint32(at, decodeTime);
  } else {
    view.setUint32(at, Math.floor(decodeTime / 2 ** 32));
    view.setUint32(at + 4, decodeTime >>> 0);
  }
  return copy;
}

/** A `free` box, which every player skips, that carries a text. */
export function freeBox(text: string): Uint8Array {
  return boxOf("free", new TextEncoder().encode(text));
}

/** A box of a body in parts. @param type four letters */
export function boxOf(type: string, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const sizeBytes = parts.reduce((sum, part) => sum + part.byteLength, 8);
  return joined(uint32s(sizeBytes), new TextEncoder().encode(type), ...parts);
}

/** Numbers of 32 bits, one after the other. */
export function uint32s(...numbers: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(numbers.length * 4);
  for (const [at, number] of numbers.entries()) viewOf(bytes).setUint32(at * 4, number);
  return bytes;
}

/** Parts in one. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function decodeTimeField(segment: Uint8Array): { version: number; at: number } {
  const { bodyStart } = demandBox(segment, "moof/traf/tfdt");
  return { version: segment[bodyStart] ?? 0, at: bodyStart + 4 };
}

/** @throws Error that names what is missing */
export function demandBox(segment: Uint8Array, path: string): Box {
  const box = findBox(segment, path);
  if (box === undefined) throw new Error(`Not a CMAF media segment: it has no ${path}.`);
  return box;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

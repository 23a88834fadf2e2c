/** One segment of a file, for its index. */
export interface IndexEntry {
  readonly sizeBytes: number;
  readonly durationTicks: number;
}

const HEAD_BYTES = 32;
const ENTRY_BYTES = 12;

/** Length of an index of so many segments. */
export function sidxBytes(count: number): number {
  return HEAD_BYTES + count * ENTRY_BYTES;
}

/** A segment index box, ISO/IEC 14496-12, 8.16.3, version 0: the first segment follows it at once. */
export function sidxBox(timescale: number, entries: readonly IndexEntry[]): Uint8Array {
  const bytes = new Uint8Array(sidxBytes(entries.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.byteLength);
  bytes.set(new TextEncoder().encode("sidx"), 4);
  view.setUint32(12, 1);
  view.setUint32(16, timescale);
  view.setUint16(30, entries.length);
  for (const [at, { sizeBytes, durationTicks }] of entries.entries()) {
    view.setUint32(HEAD_BYTES + at * ENTRY_BYTES, sizeBytes);
    view.setUint32(HEAD_BYTES + at * ENTRY_BYTES + 4, durationTicks);
    // Each begins with a random access point of type 1.
    view.setUint32(HEAD_BYTES + at * ENTRY_BYTES + 8, 0x9000_0000);
  }
  return bytes;
}

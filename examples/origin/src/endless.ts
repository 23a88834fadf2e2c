import { freeBox, joined, retime } from "./fmp4.ts";
import type { Rendition } from "./media.ts";

/**
 * Which encoding of the loop: 0 is the plain one. Variant v starts v segments into the loop, so that its pictures
 * differ from the plain ones of the same number, and each of its segments carries a marker.
 */
export type Variant = number;

/** Where a segment lies on its own encoding's clock, which begins at segment 0. */
export interface SegmentTime {
  readonly startTicks: number;
  readonly durationTicks: number;
}

/** Time of segment `number` (any integer from 0). Segments follow each other without gap or overlap. */
export function segmentTime(rendition: Rendition, number: number, variant: Variant = 0): SegmentTime {
  const startTicks = loopTicksBefore(rendition, number + variant) - loopTicksBefore(rendition, variant);
  const durationTicks = rendition.segmentTicks[(number + variant) % rendition.segmentTicks.length] ?? 0;
  return { startTicks, durationTicks };
}

/** The bytes of segment `number`: always the same for the same three arguments, different for any others. */
export function segmentBytes(rendition: Rendition, number: number, variant: Variant = 0): Uint8Array {
  const looped = rendition.segments[(number + variant) % rendition.segments.length];
  if (looped === undefined) throw new Error(`Rendition ${rendition.name} has no segments.`);
  if (rendition.kind === "muxed") return joined(looped, nullPacket(`segment ${number} variant ${variant}`));
  const bytes = retime(looped, segmentTime(rendition, number, variant).startTicks, number + 1);
  return variant === 0 ? bytes : joined(bytes, freeBox(`variant ${variant}`));
}

/** Length of `segmentBytes` without making them. */
export function segmentSizeBytes(rendition: Rendition, number: number): number {
  return rendition.segments[number % rendition.segments.length]?.byteLength ?? 0;
}

function loopTicksBefore({ segmentTicks }: Rendition, count: number): number {
  const sum = (ticks: readonly number[]) => ticks.reduce((total, tick) => total + tick, 0);
  const loops = Math.floor(count / segmentTicks.length);
  return loops * sum(segmentTicks) + sum(segmentTicks.slice(0, count % segmentTicks.length));
}

/** ISO/IEC 13818-1: a packet of PID 0x1FFF carries nothing; players skip it. */
function nullPacket(text: string): Uint8Array {
  const packet = new Uint8Array(188).fill(0xff);
  packet.set([0x47, 0x1f, 0xff, 0x10]);
  packet.set(new TextEncoder().encode(text), 4);
  return packet;
}

/** From 0 until before `count`. */
export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

import type { Person } from "./population.ts";
import type { Random } from "./random.ts";

/** What may happen to packets between viewers. */
export interface PathQuality {
  /** Share of packets that are lost and sent again. */
  readonly loss: number;
  /** A frame comes up to so many milliseconds later than its pair's delay. */
  readonly jitterMs: number;
}

/** A packet of 1200 bytes carries some 60 of DTLS, SCTP, UDP and IP. */
export const WIRE_OVERHEAD = 1.05;
/** One way, milliseconds. */
const SAME_ISP_MS = 20;
const OTHER_ISP_MS = 50;
/** A pair's delay differs from its class' by up to this share. */
const PAIR_SPREAD = 0.3;
/** No frame takes less from one viewer to another, milliseconds. */
export const LEAST_DELAY_MS = Math.min(SAME_ISP_MS, OTHER_ISP_MS) * (1 - PAIR_SPREAD);
const PACKET_BYTES = 1200;
/** A lost packet is missed a round trip later, when others have come; one that nothing follows, by a timer. */
const MISSED_MS = 20;
const TIMER_MS = 400;

/** One way between two viewers, milliseconds, the same each time. */
export function delayMs(a: Person, b: Person): number {
  const low = Math.min(a.number, b.number);
  const high = Math.max(a.number, b.number);
  const spread = ((Math.imul(low + 1, 0x9e3779b1) ^ Math.imul(high + 1, 0x85ebca6b)) >>> 8) / 2 ** 24;
  const base = a.isp === b.isp ? SAME_ISP_MS : OTHER_ISP_MS;
  return base * (1 + PAIR_SPREAD * (2 * spread - 1));
}

/** How much later than the pair's delay a frame arrives: a reliable channel shows loss as delay. */
export function hindranceMs(
  { loss, jitterMs }: PathQuality,
  frame: { readonly bytes: number; readonly followed: boolean; readonly delayMs: number },
  random: Random,
): number {
  const jittered = random.unit() * jitterMs;
  if (loss === 0) return jittered;
  const packets = Math.ceil(frame.bytes / PACKET_BYTES);
  if (random.unit() >= 1 - (1 - loss) ** packets) return jittered;
  const noticed = packets > 1 || frame.followed ? 2 * frame.delayMs + MISSED_MS : TIMER_MS;
  return jittered + noticed;
}

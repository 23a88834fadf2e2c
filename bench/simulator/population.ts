import { type PeerId, peerIdFrom } from "@shoal/protocol";
import { Random } from "./random.ts";

/** How viewers join: spread evenly over a third of the run (at most 60 s), or all within 20 s. */
export type JoinCurve = "steady" | "flash";

/** One viewer before it plays. */
export interface Person {
  readonly number: number;
  readonly peerId: PeerId;
  /** ISP, from 0. */
  readonly isp: number;
  readonly uplinkBps: number;
  readonly downlinkBps: number;
  /** False where the uplink carries requests only: such viewers take and do not give. */
  readonly uploads: boolean;
  readonly joinMs: number;
}

/** Access lines as the field has them: share of the viewers, uplink and downlink from and to in Mbit/s. */
export const ACCESS_LINES = [
  { share: 0.1, upMbps: [0, 0], downMbps: [20, 40] },
  { share: 0.25, upMbps: [1, 5], downMbps: [20, 60] },
  { share: 0.15, upMbps: [5, 12], downMbps: [30, 100] },
  { share: 0.3, upMbps: [12, 25], downMbps: [50, 200] },
  { share: 0.2, upMbps: [25, 60], downMbps: [100, 300] },
] as const;

/** Of a line without an uplink to give, for its own requests. */
const REQUESTS_BPS = 1_000_000;
const FLASH_MS = 20_000;
const STEADY_MS = 60_000;

/** Draws the viewers of a run. The shares of lines and ISPs are exact up to rounding; who has which is drawn. */
export function populate(settings: {
  readonly viewers: number;
  readonly seed: number;
  readonly isps: number;
  readonly join: JoinCurve;
  /** Length of the run, milliseconds. */
  readonly runMs: number;
}): Person[] {
  const { viewers, seed, isps, join, runMs } = settings;
  const random = new Random(`people ${seed}`);
  const lines = shuffled(viewers, random).map((place) => lineAt((place + 0.5) / viewers));
  const spreadMs = Math.min(join === "flash" ? FLASH_MS : STEADY_MS, runMs / 3);
  return lines.map((line, number) => {
    const uploads = line.upMbps[1] > 0;
    const upBps = random.between(line.upMbps[0], line.upMbps[1]) * 1e6;
    return {
      number,
      peerId: peerIdFrom(Uint8Array.from({ length: 16 }, () => random.below(256))),
      isp: random.below(isps),
      uplinkBps: uploads ? upBps : REQUESTS_BPS,
      downlinkBps: random.between(line.downMbps[0], line.downMbps[1]) * 1e6,
      uploads,
      joinMs: ((number + random.unit()) / viewers) * spreadMs,
    };
  });
}

function lineAt(place: number): (typeof ACCESS_LINES)[number] {
  let below = 0;
  for (const line of ACCESS_LINES) {
    below += line.share;
    if (place < below) return line;
  }
  return ACCESS_LINES[0];
}

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

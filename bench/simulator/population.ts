import { type PeerId, peerIdFrom } from "@shoal/protocol";
import { type DeviceMix, type DeviceOptions, drawDevice } from "./devices.ts";
import { WIRE_OVERHEAD } from "./path.ts";
import { Random } from "./random.ts";

/** How viewers join: spread over a third of the run (at most 60 s); all within 20 s; or as the first, and half leave again. */
export const JOIN_CURVES = ["steady", "flash", "drop-out"] as const;
export type JoinCurve = (typeof JOIN_CURVES)[number];

/** What lines viewers have: as the field has them, or all the same one. */
export const LINES = ["field", "equal"] as const;
export type Lines = (typeof LINES)[number];

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
  readonly device: DeviceOptions;
  readonly joinMs: number;
  /** When it closes its page; null if it stays. */
  readonly leaveMs: number | null;
  /** It came in place of somebody who left. */
  readonly replaces: boolean;
}

/** What an audience is drawn from. */
export interface PopulationSettings {
  readonly viewers: number;
  readonly seed: number;
  readonly isps: number;
  readonly join: JoinCurve;
  /** Share of the viewers that leave and are replaced in a minute, once all have joined. */
  readonly churn: number;
  readonly devices: DeviceMix;
  readonly lines: Lines;
  /** Usable uplink over what all viewers together need; null for uplinks as the field has them. */
  readonly uplinkBudget: number | null;
  /** What a viewer needs, bit/s. */
  readonly bitrateBps: number;
  /** Length of the run, milliseconds. */
  readonly runMs: number;
}

/** Access lines: share of the viewers, uplink and downlink from and to in Mbit/s. */
interface AccessLine {
  readonly share: number;
  readonly upMbps: readonly [number, number];
  readonly downMbps: readonly [number, number];
}

/** As the field has them. */
export const ACCESS_LINES: readonly AccessLine[] = [
  { share: 0.1, upMbps: [0, 0], downMbps: [20, 40] },
  { share: 0.25, upMbps: [1, 5], downMbps: [20, 60] },
  { share: 0.15, upMbps: [5, 12], downMbps: [30, 100] },
  { share: 0.3, upMbps: [12, 25], downMbps: [50, 200] },
  { share: 0.2, upMbps: [25, 60], downMbps: [100, 300] },
];
const EQUAL_LINE: AccessLine = { share: 1, upMbps: [20, 20], downMbps: [100, 100] };

/** Of a line without an uplink to give, for its own requests. */
const REQUESTS_BPS = 1_000_000;
const FLASH_MS = 20_000;
const STEADY_MS = 60_000;
const DROP_OUT_MS = 20_000;
const DROP_OUT_SHARE = 0.5;
/** A seat that was left is taken again within this time. */
const SEAT_FREE_MS = 2_000;

/** Draws the viewers of a run. The shares of lines are exact up to rounding; who has which is drawn. */
export function populate(settings: PopulationSettings): Person[] {
  const { viewers, seed, isps, join, runMs, devices } = settings;
  const random = new Random(`people ${seed}`);
  const deviceRandom = new Random(`devices ${seed}`);
  const lines = shuffled(viewers, random).map((place) => lineAt((place + 0.5) / viewers, settings));
  const spreadMs = Math.min(join === "flash" ? FLASH_MS : STEADY_MS, runMs / 3);
  const people = lines.map(
    (line, number): Person => ({
      number,
      peerId: drawPeerId(random),
      isp: random.below(isps),
      ...drawAccess(line, random),
      device: drawDevice(devices, deviceRandom),
      joinMs: ((number + random.unit()) / viewers) * spreadMs,
      leaveMs: null,
      replaces: false,
    }),
  );
  const staying = join === "drop-out" ? dropOut(people, settings) : people;
  return scaled(churned(staying, settings), settings);
}

/** Payload that the uplinks of those who give can carry, bit/s. */
export function usableUplinkBps(people: readonly Pick<Person, "uploads" | "uplinkBps">[]): number {
  return people.reduce((sum, { uploads, uplinkBps }) => sum + (uploads ? uplinkBps / WIRE_OVERHEAD : 0), 0);
}

type Access = Pick<Person, "uploads" | "uplinkBps" | "downlinkBps">;

function drawAccess({ upMbps, downMbps }: AccessLine, random: Random): Access {
  const uploads = upMbps[1] > 0;
  const upBps = random.between(upMbps[0], upMbps[1]) * 1e6;
  const downlinkBps = random.between(downMbps[0], downMbps[1]) * 1e6;
  return { uploads, uplinkBps: uploads ? upBps : REQUESTS_BPS, downlinkBps };
}

function drawPeerId(random: Random): PeerId {
  return peerIdFrom(Uint8Array.from({ length: 16 }, () => random.below(256)));
}

function dropOut(people: readonly Person[], { seed, runMs }: PopulationSettings): Person[] {
  const random = new Random(`drop-out ${seed}`);
  return people.map((person) =>
    random.unit() < DROP_OUT_SHARE ? { ...person, leaveMs: runMs / 2 + random.unit() * DROP_OUT_MS } : person,
  );
}

/** Lets viewers leave one by one, at random, and others come in their place. */
function churned(people: readonly Person[], settings: PopulationSettings): Person[] {
  const { viewers, seed, isps, churn, runMs, devices } = settings;
  const random = new Random(`churn ${seed}`);
  const all = [...people];
  const fromMs = lastJoinMs(people);
  const leavers = Math.round((viewers * churn * (runMs - fromMs)) / 60_000);
  for (let left = 0; left < leavers; left++) {
    const leaveMs = fromMs + ((left + random.unit()) / leavers) * (runMs - fromMs);
    const at = random.below(all.length);
    const person = all[at];
    if (!person || person.leaveMs !== null || person.joinMs > leaveMs) continue;
    all[at] = { ...person, leaveMs };
    all.push({
      number: all.length,
      peerId: drawPeerId(random),
      isp: random.below(isps),
      ...drawAccess(lineAt(random.unit(), settings), random),
      device: drawDevice(devices, random),
      joinMs: leaveMs + random.unit() * SEAT_FREE_MS,
      leaveMs: null,
      replaces: true,
    });
  }
  return all;
}

/** Scales all uplinks alike until they are what the run asks for. */
function scaled(people: readonly Person[], { uplinkBudget, bitrateBps }: PopulationSettings): Person[] {
  if (uplinkBudget === null) return [...people];
  const seats = people.filter(({ replaces }) => !replaces);
  const factor = (uplinkBudget * bitrateBps * seats.length) / usableUplinkBps(seats);
  return people.map((person) => (person.uploads ? { ...person, uplinkBps: person.uplinkBps * factor } : person));
}

/** When the last of those who come by the join curve is there, milliseconds. */
export function lastJoinMs(people: readonly Person[]): number {
  return people.reduce((last, { joinMs, replaces }) => (replaces ? last : Math.max(last, joinMs)), 0);
}

/** A place among all viewers, from 0 to 1, to the line that whoever has it has. */
function lineAt(place: number, { lines }: Pick<PopulationSettings, "lines">): AccessLine {
  if (lines === "equal") return EQUAL_LINE;
  let below = 0;
  for (const line of ACCESS_LINES) {
    below += line.share;
    if (place < below) return line;
  }
  throw new RangeError(`${place} is not a place below 1.`);
}

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

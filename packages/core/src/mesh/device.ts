import { type DeviceClass, leastSharing, type SharingMode } from "@shoal/protocol";
import type { ResolvedOptions } from "../options.ts";

/** What the browser tells of the device and its network. What it does not tell is false. */
export interface DeviceFacts {
  readonly userAgent: string;
  /** The network is a mobile one, or metered. */
  readonly cellular: boolean;
  /** The viewer asked for as few bytes as can be (Save-Data). */
  readonly saveData: boolean;
  /** Not charging, and below a fifth. */
  readonly lowBattery: boolean;
}

/** What a device affords. */
export interface DeviceLimits {
  readonly device: DeviceClass;
  /** Media kept to share, bytes: a hard bound. */
  readonly memoryBytes: number;
  /** Connections to other viewers. */
  readonly maxPeers: number;
  /** Pieces of 64 KiB asked of others and not there yet. */
  readonly piecesInFlight: number;
}

/** Why something is as it is. */
export interface PolicyRule {
  readonly rule: "device" | "cellular" | "save-data" | "low-battery" | "option" | "remote";
  /** The class of the device; the sharing that a rule allows; the option that is set. */
  readonly effect: string;
  /** The browser's own name, the option that decides, or what was set. */
  readonly reason: string;
}

/** What this viewer shares, and what with. */
export interface Policy extends DeviceLimits {
  readonly sharing: SharingMode;
  readonly rules: readonly PolicyRule[];
}

const MIB = 1024 * 1024;
type Affords = Omit<DeviceLimits, "device">;
const affords = (mebibytes: number, maxPeers: number, piecesInFlight: number): Affords => ({
  memoryBytes: mebibytes * MIB,
  maxPeers,
  piecesInFlight,
});
/** What each class affords where no option says otherwise. A cache comes on top of what the player buffers. */
export const AFFORDED: Readonly<Record<DeviceClass, Affords>> = {
  desktop: affords(256, 20, 256),
  phone: affords(64, 12, 64),
  tv: affords(32, 10, 48),
  "set-top-box": affords(32, 8, 32),
  other: affords(64, 10, 48),
};

const SET_TOP_BOX = /STB|set-?top|Roku|RDK/i;
const TV = /TV|Tizen|Web0S|SmartCast|VIDAA|NetCast|BRAVIA|CrKey|AFT/;
const PHONE = /Mobi|Android|iPhone|iPad/;

/** The class of a device. What runs on it is decided by what it can do, never by this: it only sets how much. */
export function classOf(userAgent: string): DeviceClass {
  if (SET_TOP_BOX.test(userAgent)) return "set-top-box";
  if (TV.test(userAgent) && !userAgent.includes("Mobi")) return "tv";
  return PHONE.test(userAgent) ? "phone" : "desktop";
}

type Wishes = Pick<
  ResolvedOptions,
  "device" | "memoryBytes" | "maxPeers" | "piecesInFlight" | "onCellular" | "onSaveData" | "onLowBattery"
>;

/** What facts and options come to. `sharing` is a bound: what the viewer or the page chose may be less. */
export function policyOf(facts: DeviceFacts, options: Wishes): Policy {
  const device = options.device ?? classOf(facts.userAgent);
  const rules: PolicyRule[] = [{ rule: "device", effect: device, reason: options.device ?? facts.userAgent }];
  const limits: { -readonly [Name in keyof Affords]: Affords[Name] } = { ...(AFFORDED[device] ?? AFFORDED.other) };
  for (const name of ["memoryBytes", "maxPeers", "piecesInFlight"] as const) {
    const value = options[name];
    if (value === null) continue;
    limits[name] = value;
    rules.push({ rule: "option", effect: name, reason: String(value) });
  }
  let sharing: SharingMode = "full";
  const limit = (
    rule: PolicyRule["rule"],
    holds: boolean,
    option: "onCellular" | "onSaveData" | "onLowBattery",
  ): void => {
    if (!holds) return;
    sharing = leastSharing(sharing, options[option]);
    rules.push({ rule, effect: options[option], reason: option });
  };
  limit("cellular", facts.cellular, "onCellular");
  limit("save-data", facts.saveData, "onSaveData");
  limit("low-battery", facts.lowBattery, "onLowBattery");
  return { device, ...limits, sharing, rules };
}

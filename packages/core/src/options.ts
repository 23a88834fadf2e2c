import type { DeviceClass, IceServer, SealKey, SharingMode } from "@shoal/protocol";
import { ShoalError } from "./errors.ts";
import type { Segment } from "./player.ts";

/** What an integrator may set. Everything has a default but `tracker`. */
export interface ShoalOptions {
  /** URL of the tracker, `https://…`. Without one nothing is shared. */
  readonly tracker?: string;
  /** `full`: take and give. `download`: take only. `off`: CDN only. */
  readonly sharing?: SharingMode;
  /** Names the content where manifests of one content have different names. Default: the manifest's path. */
  readonly contentId?: string;
  /** Directory that segment names are relative to. Default: that of the multivariant manifest. */
  readonly mediaBase?: string;
  /** A signed claim, where the tracker asks for one. */
  readonly token?: string;
  /** ICE servers in place of those the tracker names. */
  readonly iceServers?: readonly IceServer[];
  /** Public keys of the sealer, in addition to those the tracker names. */
  readonly sealKeys?: readonly SealKey[];
  /** `none` plays what peers send without any check. Only for closed networks and measurements. */
  readonly integrity?: "seals" | "none";
  /** Most connections to other viewers. Default: by the class of the device. */
  readonly maxPeers?: number;
  /** Most pieces of 64 KiB asked of others and not there yet. Default: by the class of the device. */
  readonly piecesInFlight?: number;
  /** Most bytes of media kept to share: a hard bound. Default: by the class of the device. */
  readonly memoryBytes?: number;
  /** Most bytes a second sent to other viewers; 0 sets no limit. */
  readonly maxUploadBytesPerSecond?: number;
  /** Most that is sent to other viewers, as a share of the uplink as measured while sending: above 0, up to 1. */
  readonly maxUploadShare?: number;
  /** Kind of device: what it affords, and for matching. Default: as the browser names itself. */
  readonly device?: DeviceClass;
  /** What is shared on a mobile or metered network. */
  readonly onCellular?: SharingMode;
  /** What is shared where the viewer asked the browser to save data. */
  readonly onSaveData?: SharingMode;
  /** What is shared below a fifth of the battery, while it is not charging. */
  readonly onLowBattery?: SharingMode;
  /** Where the script-tag builds load `shoal-mesh.js` from. Default: beside themselves. */
  readonly meshUrl?: string;
  /** Return false for a segment that must never be shared. */
  readonly shareable?: (segment: Pick<Segment, "url" | "range">) => boolean;
  /** The name of a segment where paths carry session tokens. Default: the path relative to the media base. */
  readonly segmentId?: (url: string) => string;
  /** First wait before a lost or refusing tracker is tried again, milliseconds; drawn at random below it, doubled up to 4 times it. */
  readonly reconnectMs?: number;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly tracker: string | null;
  readonly sharing: SharingMode;
  readonly contentId: string | null;
  readonly mediaBase: string | null;
  readonly token: string | null;
  readonly iceServers: readonly IceServer[] | null;
  readonly sealKeys: readonly SealKey[];
  readonly integrity: "seals" | "none";
  readonly maxPeers: number | null;
  readonly memoryBytes: number | null;
  readonly piecesInFlight: number | null;
  readonly maxUploadBytesPerSecond: number;
  readonly maxUploadShare: number;
  readonly device: DeviceClass | null;
  readonly onCellular: SharingMode;
  readonly onSaveData: SharingMode;
  readonly onLowBattery: SharingMode;
  readonly meshUrl: string | null;
  readonly shareable: (segment: Pick<Segment, "url" | "range">) => boolean;
  readonly segmentId: ((url: string) => string) | null;
  readonly reconnectMs: number;
}

export const DEFAULTS: ResolvedOptions = {
  tracker: null,
  sharing: "full",
  contentId: null,
  mediaBase: null,
  token: null,
  iceServers: null,
  sealKeys: [],
  integrity: "seals",
  maxPeers: null,
  memoryBytes: null,
  piecesInFlight: null,
  maxUploadBytesPerSecond: 0,
  maxUploadShare: 1,
  device: null,
  onCellular: "download",
  onSaveData: "off",
  onLowBattery: "download",
  meshUrl: null,
  shareable: () => true,
  segmentId: null,
  reconnectMs: 30_000,
};

/** Whether a value will do, and what will. */
type Check = readonly [(value: unknown) => boolean, string];
const between = (min: number, max: number): Check => [
  (value) => typeof value === "number" && value >= min && value <= max,
  `a number from ${min} to ${max}`,
];
const oneOf = (...words: readonly string[]): Check => [(value) => words.includes(value as string), words.join(" or ")];
const matching = (pattern: RegExp, what: string): Check => [
  (value) => typeof value === "string" && pattern.test(value),
  what,
];
const text = matching(/./, "a text that is not empty");
const list: Check = [Array.isArray, "a list"];
const func: Check = [(value) => typeof value === "function", "a function"];
const sharingMode = oneOf("full", "download", "off");

const CHECKS: { readonly [Key in keyof Required<ShoalOptions>]: Check } = {
  tracker: matching(/^(https?|wss?):\/\//, "an http(s) URL"),
  sharing: sharingMode,
  contentId: text,
  mediaBase: matching(/\/$/, 'a URL or path that ends with "/"'),
  token: text,
  iceServers: list,
  sealKeys: list,
  integrity: oneOf("seals", "none"),
  maxPeers: between(0, 100),
  memoryBytes: between(1024 * 1024, 2 ** 32),
  piecesInFlight: between(1, 4096),
  maxUploadBytesPerSecond: between(0, Number.MAX_SAFE_INTEGER),
  maxUploadShare: between(0.01, 1),
  device: text,
  onCellular: sharingMode,
  onSaveData: sharingMode,
  onLowBattery: sharingMode,
  meshUrl: text,
  shareable: func,
  segmentId: func,
  reconnectMs: between(100, 3_600_000),
};

/** @throws ShoalError `bad-option` naming the option and what it should be */
export function resolveOptions(options: ShoalOptions): ResolvedOptions {
  const resolved: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = CHECKS[name as keyof ShoalOptions];
    if (!check) throw new ShoalError("bad-option", `shoal: there is no option "${name}".`);
    if (!check[0](value)) throw new ShoalError("bad-option", `shoal: the option "${name}" must be ${check[1]}.`);
    resolved[name] = value;
  }
  if (options.shareable) resolved.shareable = guarded(options.shareable);
  return resolved as unknown as ResolvedOptions;
}

/** A hook that fails must not cost the load it is asked for, only sharing. */
function guarded(shareable: ResolvedOptions["shareable"]): ResolvedOptions["shareable"] {
  return (segment) => {
    try {
      return shareable(segment);
    } catch {
      return false;
    }
  };
}

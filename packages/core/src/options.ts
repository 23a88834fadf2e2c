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
  /** Most connections to other viewers. */
  readonly maxPeers?: number;
  /** Most bytes of media kept to share. */
  readonly memoryBytes?: number;
  /** Most bytes a second sent to other viewers; 0 sets no limit. */
  readonly maxUploadBytesPerSecond?: number;
  /** Most that is sent to other viewers, as a share of the uplink as measured while sending: above 0, up to 1. */
  readonly maxUploadShare?: number;
  /** Kind of device, for matching. */
  readonly device?: DeviceClass;
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
  readonly maxPeers: number;
  readonly memoryBytes: number;
  readonly maxUploadBytesPerSecond: number;
  readonly maxUploadShare: number;
  readonly device: DeviceClass;
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
  maxPeers: 20,
  memoryBytes: 128 * 1024 * 1024,
  maxUploadBytesPerSecond: 0,
  maxUploadShare: 1,
  device: "desktop",
  shareable: () => true,
  segmentId: null,
  reconnectMs: 30_000,
};

type Check = (value: unknown) => boolean;
const isNumber =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && value >= min && value <= max;
const isText: Check = (value) => typeof value === "string" && value.length > 0;
const isFunction: Check = (value) => typeof value === "function";

const CHECKS: { readonly [Key in keyof Required<ShoalOptions>]: readonly [Check, string] } = {
  tracker: [(value) => typeof value === "string" && /^(https?|wss?):\/\//.test(value), "an http(s) URL"],
  sharing: [(value) => value === "full" || value === "download" || value === "off", `"full", "download" or "off"`],
  contentId: [isText, "a text that is not empty"],
  mediaBase: [(value) => typeof value === "string" && value.endsWith("/"), `a URL or path that ends with "/"`],
  token: [isText, "a text that is not empty"],
  iceServers: [Array.isArray, "a list of { urls, username, credential }"],
  sealKeys: [Array.isArray, "a list of { keyId, point }"],
  integrity: [(value) => value === "seals" || value === "none", `"seals" or "none"`],
  maxPeers: [isNumber(0, 100), "a number from 0 to 100"],
  memoryBytes: [isNumber(1024 * 1024, 2 ** 32), "a number of bytes from 1 MiB to 4 GiB"],
  maxUploadBytesPerSecond: [isNumber(0, Number.MAX_SAFE_INTEGER), "a number of bytes, 0 or more"],
  maxUploadShare: [isNumber(0.01, 1), "a share from 0.01 to 1"],
  device: [isText, "a device class"],
  shareable: [isFunction, "a function"],
  segmentId: [isFunction, "a function"],
  reconnectMs: [isNumber(100, 3_600_000), "milliseconds from 100 to 3600000"],
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

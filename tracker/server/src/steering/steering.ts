import type { Inside } from "@shoal/matching";
import {
  type DeviceClass,
  hash64,
  leastSharing,
  mix32,
  type PeerId,
  type RemoteConfig,
  type SharingMode,
  utf8,
} from "@shoal/protocol";
import type { OperatorConfig, RuleMatch } from "./operator-config.ts";

/** What rules look at. */
export interface Traits {
  readonly peerId: PeerId;
  readonly tenant: string;
  readonly contentId: string;
  readonly isp: string;
  readonly country: string | null;
  readonly device: DeviceClass;
}

/** What is in force for one viewer: what it is told, and whom it may meet. */
export interface Policy extends RemoteConfig {
  readonly inside: Inside;
}

/** What a configuration says to a viewer. */
export function policyFor(config: OperatorConfig, traits: Traits): Policy {
  let { sharing, maxPeers, memoryBytes } = config;
  let inside: Inside = null;
  for (const { when, set } of config.rules) {
    if (!matches(when, traits)) continue;
    sharing = set.sharing ?? sharing;
    maxPeers = set.maxPeers ?? maxPeers;
    memoryBytes = set.memoryBytes ?? memoryBytes;
    if (set.inside !== null) inside = set.inside === "anywhere" ? null : set.inside;
  }
  return { sharing, maxPeers, memoryBytes, inside };
}

/** What a viewer is told of it. */
export function toldOf({ sharing, maxPeers, memoryBytes }: Policy): RemoteConfig {
  return { sharing, maxPeers, memoryBytes };
}

/** What a viewer shares when it wants one thing and the operator says another: the less. */
export function lesser(wanted: SharingMode, allowed: SharingMode | null): SharingMode {
  return leastSharing(wanted, allowed ?? "full");
}

function matches(when: RuleMatch, traits: Traits): boolean {
  return (
    names(when.tenant, traits.tenant) &&
    names(when.content, traits.contentId) &&
    names(when.isp, traits.isp) &&
    names(when.country, traits.country) &&
    names(when.device, traits.device) &&
    (when.percent === null || percentileOf(traits.peerId) < when.percent)
  );
}

function names(list: readonly string[] | null, value: string | null): boolean {
  if (list === null) return true;
  if (value === null) return false;
  return list.some((item) => (item.endsWith("*") ? value.startsWith(item.slice(0, -1)) : item === value));
}

/** Where a viewer stands between 0 and 100: the same for its whole session, and on every pod. */
export function percentileOf(peerId: PeerId): number {
  const { high, low } = hash64(utf8(peerId));
  return ((mix32(high, low) >>> 0) / 2 ** 32) * 100;
}

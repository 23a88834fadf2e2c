/** Viewers of one swarm by ISP group. */
export type Sizes = ReadonlyMap<string, number>;

export interface ShardSettings {
  /** From this many viewers on a swarm is divided. */
  readonly divideFrom: number;
  /** Viewers of one shard, about. */
  readonly shardViewers: number;
  /** Shards of a content that is known to become large, from the operator. */
  readonly planned: Readonly<Record<string, number>>;
}

/** ISP groups with fewer viewers than this share of a shard are one group together. */
const SMALL_SHARE = 0.1;
/** A planned content's ISP groups begin with this share of its shards each, until their sizes are known. */
const FIRST_SHARE = 0.25;
/** What all small ISP groups are called together. */
const OTHERS = "-";
/** Parts of a key; a key with it is a part of a large swarm, and may be bounded. */
export const SHARD_MARK = "~";

/**
 * Which shard a viewer belongs to: the swarm, or in a large one its ISP group and one of that group's buckets. The number of
 * buckets only ever doubles while the swarm lives, so that few viewers' keys change and nobody is moved for it.
 */
export class ShardMap {
  readonly #settings: ShardSettings;
  readonly #buckets = new Map<string, Map<string, number>>();

  constructor(settings: ShardSettings) {
    this.#settings = settings;
  }

  /** Contents that are divided. */
  get divided(): number {
    return this.#buckets.size;
  }

  /** What all pods together hold of a content. */
  sized(contentId: string, sizes: Sizes): void {
    let total = 0;
    for (const size of sizes.values()) total += size;
    const { divideFrom, shardViewers } = this.#settings;
    const planned = this.#planned(contentId);
    if (total === 0) return void this.#buckets.delete(contentId);
    if (total < divideFrom && planned === 0 && !this.#buckets.has(contentId)) return;
    const groups = this.#groups(contentId);
    let others = 0;
    for (const [isp, size] of sizes) {
      if (size < SMALL_SHARE * shardViewers && !groups.has(isp)) others += size;
      else grow(groups, isp, Math.max(size / shardViewers, (planned * size) / total));
    }
    grow(groups, OTHERS, Math.max(others / shardViewers, (planned * others) / total));
  }

  /**
   * @param spread draws the viewer's bucket: any text that stays the same for the viewer
   * @returns what the load balancer hashes
   */
  keyOf(contentId: string, isp: string, spread: string): string {
    const planned = this.#planned(contentId);
    const groups = this.#buckets.get(contentId);
    if (!groups && planned === 0) return contentId;
    const own = groups?.get(isp);
    const group = own === undefined ? OTHERS : isp;
    const buckets = own ?? groups?.get(OTHERS) ?? powerOfTwo(planned * FIRST_SHARE);
    return [contentId, (hash(group) & 0xffff).toString(36), hash(spread) % buckets].join(SHARD_MARK);
  }

  #planned(contentId: string): number {
    const { planned } = this.#settings;
    return Object.hasOwn(planned, contentId) ? (planned[contentId] ?? 0) : 0;
  }

  #groups(contentId: string): Map<string, number> {
    let groups = this.#buckets.get(contentId);
    if (!groups) {
      groups = new Map([[OTHERS, powerOfTwo(this.#planned(contentId) * FIRST_SHARE)]]);
      this.#buckets.set(contentId, groups);
    }
    return groups;
  }
}

function grow(groups: Map<string, number>, group: string, wanted: number): void {
  groups.set(group, Math.max(groups.get(group) ?? 1, powerOfTwo(wanted)));
}

/** The least power of two that is not less. */
const powerOfTwo = (wanted: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, wanted))));

/** FNV-1a over the text's UTF-16 code units, finished so that its low bits are as good as its high ones. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

import type { Mpd } from "./mpd.ts";

/** By which names of its host the origin can be reached, as if each were another CDN. */
export interface Steering {
  readonly port: number;
  /** As MPDs list them. */
  readonly hosts: readonly string[];
  /** The same, best first: what the steering manifest says now. */
  readonly priority: readonly string[];
}

/** How long a player keeps to a steering manifest: short, so that whoever watches a switch need not wait. */
const TTL_SECONDS = 2;

/** What an MPD at a path says of content steering: each host a pathway. */
export function steeringOf(path: string, { port, hosts }: Steering): NonNullable<Mpd["steering"]> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const pathways = hosts.map((name) => ({ name, baseUrl: `http://${name}:${port}${folder}` }));
  return { url: `http://${hosts[0]}:${port}${folder}steering.json`, pathways };
}

/** A steering manifest, DASH-IF, Content Steering for DASH. */
export function steeringText({ priority }: Steering): string {
  return JSON.stringify({ VERSION: 1, TTL: TTL_SECONDS, "PATHWAY-PRIORITY": priority });
}

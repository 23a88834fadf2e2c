import type { Swarm, ViewerState } from "../fixture/index.ts";

/** Peer bytes by direction, as the receivers count them. */
export interface Flows {
  readonly hlsToHls: number;
  readonly hlsToDash: number;
  readonly dashToHls: number;
  readonly dashToDash: number;
}

/** Who fed whom so far. */
export async function flows(swarm: Swarm): Promise<Flows> {
  const states = await swarm.mark();
  const isDash = (index: number): boolean => swarm.viewers[index]?.manifest.endsWith(".mpd") ?? false;
  const kinds = new Map(states.map(({ stats }, index) => [stats?.peerId, isDash(index)]));
  const between = (fromDash: boolean, toDash: boolean): number =>
    states
      .filter((_, index) => isDash(index) === toDash)
      .flatMap(({ stats }: ViewerState) => stats?.neighbours ?? [])
      .filter(({ peerId }) => kinds.get(peerId) === fromDash)
      .reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
  return {
    hlsToHls: between(false, false),
    hlsToDash: between(false, true),
    dashToHls: between(true, false),
    dashToDash: between(true, true),
  };
}

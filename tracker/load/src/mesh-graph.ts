import type { PeerId } from "@shoal/protocol";

/** What a mesh needs of each viewer. */
export interface MeshNode {
  readonly peerId: PeerId;
  readonly neighbours: Iterable<PeerId>;
}

/** Sizes of the parts of a mesh that are connected to each other by nobody, largest first. Those who left do not count. */
export function components(viewers: Iterable<MeshNode>): readonly number[] {
  const byId = new Map([...viewers].map((viewer) => [viewer.peerId, viewer]));
  const edges = new Map<PeerId, Set<PeerId>>([...byId.keys()].map((peerId) => [peerId, new Set()]));
  for (const { peerId, neighbours } of byId.values()) {
    for (const neighbour of neighbours) {
      edges.get(neighbour)?.add(peerId);
      if (edges.has(neighbour)) edges.get(peerId)?.add(neighbour);
    }
  }
  const sizes: number[] = [];
  const seen = new Set<PeerId>();
  for (const start of byId.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const queue = [start];
    for (const peerId of queue) {
      for (const next of edges.get(peerId) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    sizes.push(queue.length);
  }
  return sizes.sort((a, b) => b - a);
}

import type { ShoalHandle } from "@shoal/hls";
import type { Traffic } from "./viewer-record.ts";

/** What Shoal counted so far. */
export function shoalTraffic(shoal: ShoalHandle | null): Traffic {
  const stats = shoal?.stats();
  const sameIsp = stats?.neighbours.filter((neighbour) => neighbour.sameIsp) ?? [];
  return {
    cdnBytes: stats?.cdnBytes ?? 0,
    peerBytes: stats?.peerBytes ?? 0,
    sentBytes: stats?.uploadedBytes ?? 0,
    sameIspBytes: sameIsp.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    neighbours: stats?.neighbours.length ?? 0,
  };
}

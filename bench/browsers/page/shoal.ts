import { withShoal } from "@shoal/hls";
import Hls from "hls.js";
import { play } from "./play.ts";
import { watchChannels } from "./wire-log.ts";

const HlsWithShoal = withShoal(Hls);

const wire = watchChannels();

play(({ tracker, engine }, options) => {
  const hls = new HlsWithShoal({ ...options, shoal: { ...engine, ...(tracker === null ? {} : { tracker }) } });
  const traffic = () => {
    const stats = hls.shoal?.stats();
    const sameIsp = stats?.neighbours.filter(({ sameIsp }) => sameIsp) ?? [];
    return {
      cdnBytes: stats?.cdnBytes ?? 0,
      peerBytes: stats?.peerBytes ?? 0,
      sentBytes: stats?.uploadedBytes ?? 0,
      sameIspBytes: sameIsp.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
      neighbours: stats?.neighbours.length ?? 0,
    };
  };
  return { hls, traffic, wire };
});

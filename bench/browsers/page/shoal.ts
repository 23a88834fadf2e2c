import { withShoal } from "@shoal/hls";
import Hls from "hls.js";
import { hlsOptions } from "./hls-options.ts";
import { hlsPlayer } from "./hls-player.ts";
import { play } from "./play.ts";
import { shoalTraffic } from "./shoal-traffic.ts";
import { watchChannels } from "./wire-log.ts";

const HlsWithShoal = withShoal(Hls);

const wire = watchChannels();

play((settings, options) => {
  const { tracker, engine } = settings;
  const shoal = { ...engine, ...(tracker === null ? {} : { tracker }) };
  const hls = new HlsWithShoal({ ...hlsOptions(settings), shoal });
  return hlsPlayer(hls, { traffic: () => shoalTraffic(hls.shoal), wire }, options);
});

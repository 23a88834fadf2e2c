import Hls from "hls.js";
import { hlsOptions } from "./hls-options.ts";
import { hlsPlayer } from "./hls-player.ts";
import { play } from "./play.ts";

play((settings, options) => hlsPlayer(new Hls(hlsOptions(settings)), { traffic: null }, options));

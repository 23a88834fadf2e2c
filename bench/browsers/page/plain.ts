import Hls from "hls.js";
import { play } from "./play.ts";

play((_settings, options) => ({ hls: new Hls(options), traffic: null }));

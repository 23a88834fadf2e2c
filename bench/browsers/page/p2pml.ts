import Hls from "hls.js";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
import { hlsOptions } from "./hls-options.ts";
import { hlsPlayer } from "./hls-player.ts";
import { play } from "./play.ts";

const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls);

play((settings, options) => {
  const { tracker, engine } = settings;
  // Its defaults are public trackers and public STUN servers: a bench stays on its machine.
  const core = { ...engine, announceTrackers: tracker === null ? [] : [tracker], rtcConfig: { iceServers: [] } };
  const hls = new HlsWithP2P({ ...hlsOptions(settings), p2p: { core } });
  let cdnBytes = 0;
  let peerBytes = 0;
  let sentBytes = 0;
  const neighbours = new Set<string>();
  hls.p2pEngine.addEventListener("onChunkDownloaded", (bytes, source) => {
    if (source === "http") cdnBytes += bytes;
    else peerBytes += bytes;
  });
  hls.p2pEngine.addEventListener("onChunkUploaded", (bytes) => {
    sentBytes += bytes;
  });
  hls.p2pEngine.addEventListener("onPeerConnect", ({ peerId }) => neighbours.add(peerId));
  hls.p2pEngine.addEventListener("onPeerClose", ({ peerId }) => neighbours.delete(peerId));
  const traffic = () => ({ cdnBytes, peerBytes, sentBytes, sameIspBytes: null, neighbours: neighbours.size });
  return hlsPlayer(hls, { traffic }, options);
});

import { browserRim, handleOf, Session, ShoalError, type ShoalHandle, type ShoalOptions } from "@shoal/core";
import type { DashPlayer } from "./dash-types.ts";
import { loaderExtension } from "./loader-extension.ts";
import { DashPlugIn } from "./plug-in.ts";

/** Versions of dash.js whose loaders have the contract that Shoal knows. */
const SUPPORTED = /^v?5\./;

/**
 * Makes a dash.js player share what it plays. Call it once, before `initialize()`.
 *
 * ```ts
 * const player = MediaPlayer().create();
 * const shoal = withShoal(player, { tracker: "https://tracker.example" });
 * player.initialize(video, "https://cdn.example/live/master.mpd", true);
 * ```
 *
 * With a version of dash.js that is not known, it warns; the player plays as without Shoal.
 *
 * @throws ShoalError `bad-option`, naming the option, or where the player has begun already
 */
export function withShoal(player: DashPlayer, options: ShoalOptions): ShoalHandle {
  if (!SUPPORTED.test(player.getVersion())) return unsupported(player, options);
  if (player.isReady()) {
    throw new ShoalError("bad-option", "shoal: withShoal must be called before the player's initialize().");
  }
  const plugIn = new DashPlugIn(player, options);
  const loading = new Set<string>();
  const loader = loaderExtension(plugIn, loading);
  player.extend("XHRLoader", loader, true);
  player.extend("FetchLoader", loader, true);
  player.extend("DashHandler", plugIn.streams.handlerExtension(loading), true);
  player.extend("RepresentationController", plugIn.streams.controllerExtension(), true);
  // No event of dash.js' tells that a player is done with; its loads must have ended first, else the CDN gets them.
  const { reset, destroy } = player;
  player.reset = () => {
    reset.call(player);
    plugIn.leave();
  };
  player.destroy = () => {
    try {
      destroy.call(player);
    } finally {
      plugIn.close();
    }
  };
  return handleOf(plugIn.session);
}

function unsupported(player: DashPlayer, options: ShoalOptions): ShoalHandle {
  console.warn(`shoal: dash.js ${player.getVersion()} is not supported, 5.0 and later are; nothing is shared.`);
  const idle = {
    state: () => ({ playheadMs: 0, bufferedAheadMs: 0, playbackRate: 1 }),
    fetch: () => ({ abort: () => {} }),
  };
  return handleOf(new Session(idle, options, { ...browserRim, unable: () => "unsupported-player" }));
}

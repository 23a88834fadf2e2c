import { withShoal } from "../../examples/shaka/shaka-plug-in.ts";
import type { Shaka, ShakaPlayer } from "../../examples/shaka/shaka-types.ts";
import type { ViewerSettings } from "../fixture/viewer-page.ts";
import { loadScript, type PageEvents, type PagePlayer } from "./page-player.ts";

interface Player extends ShakaPlayer {
  attach(video: HTMLMediaElement): Promise<void>;
  load(manifest: string): Promise<void>;
  destroy(): Promise<void>;
  configure(settings: object): void;
}

declare global {
  interface Window {
    /** The build of Shaka Player that a script tag brought. */
    shaka: Shaka & { readonly Player: new () => Player };
  }
}

/** Starts Shaka Player as the settings say; which bytes it was given is seen by a response filter. */
export async function startShaka(
  video: HTMLVideoElement,
  { manifest, shoal, script = "shaka-5.2.js" }: ViewerSettings,
  events: PageEvents,
): Promise<PagePlayer> {
  await loadScript(`./${script}`);
  const player = new window.shaka.Player();
  await player.attach(video);
  player.configure({ abr: { enabled: false } });
  const handle = shoal ? withShoal(window.shaka, player, shoal) : null;
  const engine = player.getNetworkingEngine() as unknown as {
    registerResponseFilter(filter: (type: number, response: { uri: string; data: ArrayBuffer }) => void): void;
  };
  engine.registerResponseFilter((_type, { uri, data }) => {
    if (uri.includes("/seg-")) events.segment(uri, "", data.slice(0));
  });
  player.load(manifest).catch((error: unknown) => events.error(`shaka: ${String(error)}`));
  return {
    shoal: handle,
    targetLatencyS: () => 0,
    level: () => -1,
    bandwidthBps: () => player.getStats().estimatedBandwidth,
    setLevel: () => {},
    destroy: () => void player.destroy(),
  };
}

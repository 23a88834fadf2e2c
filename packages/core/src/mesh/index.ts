import { systemClock } from "../clock.ts";
import type { MeshFactory, MeshModule } from "../mesh-part.ts";
import { watchDevice } from "./browser-device.ts";
import { probeBrowser } from "./browser-probe.ts";
import { policyOf } from "./device.ts";
import { webCryptoIntegrity } from "./integrity.ts";
import { Mesh } from "./mesh.ts";
import { MemoryStore } from "./segment-store.ts";
import { simplePeerTransport } from "./simple-peer-transport.ts";
import { socketIoTracker } from "./socket-io-tracker.ts";

export const watchPolicy: MeshModule["watchPolicy"] = (options, changed) =>
  watchDevice((facts) => changed(policyOf(facts, options)));

export const probe: MeshModule["probe"] = (onLeave) => probeBrowser(simplePeerTransport, onLeave);

/** The mesh of a browser. Loaded by the session after playback has begun. */
export const createMesh: MeshFactory = (player, settings, handlers) =>
  new Mesh(
    {
      clock: systemClock,
      transport: simplePeerTransport,
      tracker: socketIoTracker(systemClock, Math.random, settings.options.reconnectMs),
      store: new MemoryStore(),
      integrity: webCryptoIntegrity(crypto.subtle),
      fetchSeal: async (url) => {
        const answer = await fetch(url);
        return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
      },
    },
    player,
    settings,
    handlers,
  );

import type { CdnSink, CdnTask } from "./player.ts";

/** A CDN request that a plug-in cannot make: it fails, though not before the engine has its task in hand. */
export function failSoon(sink: CdnSink): CdnTask {
  let aborted = false;
  Promise.resolve().then(() => {
    if (!aborted) sink.failed(null);
  });
  return {
    abort: () => {
      aborted = true;
    },
  };
}

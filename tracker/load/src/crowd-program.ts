import { Crowd, type CrowdSettings } from "./crowd.ts";

/** One of several processes of a crowd: told what to do by its parent, tells it how it goes every second. */
process.once("message", (settings) => {
  const crowd = new Crowd(settings as CrowdSettings);
  crowd.start();
  const telling = setInterval(() => process.send?.(crowd.stats.report()), 1_000);
  process.on("message", () => {
    clearInterval(telling);
    process.send?.({ ...crowd.stats.report(), isLast: true });
  });
  process.once("disconnect", () => {
    clearInterval(telling);
    crowd.stop();
    process.exit(0);
  });
});

import { startTracker, trackerOptionsFrom } from "@shoal/tracker";

const tracker = await startTracker(trackerOptionsFrom(process.env));
process.send?.(tracker.url);
process.once("disconnect", () => void tracker.close().then(() => process.exit(0)));
process.once("SIGTERM", () => void tracker.drain().then(() => process.exit(0)));

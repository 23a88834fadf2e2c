import { startTracker, trackerOptionsFrom } from "@shoal/tracker";
import { serveAsChild } from "./child-service.ts";

await serveAsChild(() => startTracker(trackerOptionsFrom(process.env)));

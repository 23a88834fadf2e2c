export {
  type SocketServer,
  TRACKER_DEFAULTS,
  TRACKER_VARIABLES,
  type TrackerOptions,
  trackerOptionsFrom,
} from "./config.ts";
export { startTracker, type Tracker, type TrackerWorld } from "./tracker.ts";

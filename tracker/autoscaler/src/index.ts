export { type Autoscaler, type AutoscalerWorld, startAutoscaler } from "./autoscaler.ts";
export {
  AUTOSCALER_DEFAULTS,
  AUTOSCALER_VARIABLES,
  type AutoscalerOptions,
  autoscalerOptionsFrom,
  type Target,
} from "./config.ts";
export { type CapacityModel, floorOf } from "./floor.ts";
export { type LiveEvent, readLiveEvent } from "./live-event.ts";

export { ShoalError, withShoal } from "./index.ts";

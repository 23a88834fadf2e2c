export { SDK_VERSION } from "../version.ts";
export { createMesh, probe, watchPolicy } from "./index.ts";

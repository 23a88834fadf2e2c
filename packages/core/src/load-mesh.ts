import type { MeshModule } from "./mesh-part.ts";

/** Loads the part of Shoal that playback does not need. The script-tag builds have another way: `load-mesh-script.ts`. */
export const loadMesh = (_meshUrl: string | null): Promise<MeshModule> => import("./mesh/index.ts");

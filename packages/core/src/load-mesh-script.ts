import type { MeshModule } from "./mesh-part.ts";
import { SDK_VERSION } from "./version.ts";

/** What `shoal-mesh.js` leaves behind. */
interface MeshScript extends MeshModule {
  readonly SDK_VERSION: string;
}

const OWN_NAME = "shoal-mesh.js";
/** Only known while the script runs for the first time. */
const ownUrl = (document.currentScript as HTMLScriptElement | null)?.src ?? "";

/** Loads `shoal-mesh.js` from beside the script that this is part of, or from where the page says. */
export function loadMesh(meshUrl: string | null): Promise<MeshModule> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = meshUrl ?? ownUrl.replace(/[^/]*([?#].*)?$/, OWN_NAME);
    script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
    script.onload = () => {
      const mesh = (window as unknown as { readonly ShoalMesh?: MeshScript }).ShoalMesh;
      if (mesh?.SDK_VERSION === SDK_VERSION) resolve(mesh);
      else reject(new Error(`${script.src} is of version ${mesh?.SDK_VERSION ?? "unknown"}, not ${SDK_VERSION}`));
    };
    (document.head ?? document.documentElement).appendChild(script);
  });
}

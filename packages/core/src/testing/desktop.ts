import { type DeviceFacts, policyOf } from "../mesh/device.ts";
import type { MeshFactory, MeshModule } from "../mesh-part.ts";

/** A desktop computer on mains power and a fixed line. */
export const DESKTOP: DeviceFacts = {
  userAgent: "",
  cellular: false,
  saveData: false,
  lowBattery: false,
};

/** The part that loads late, on a desktop computer where data channels work. */
export const desktopMesh = (createMesh: MeshFactory): MeshModule => ({
  createMesh,
  probe: async () => "works",
  watchPolicy: (options, changed) => {
    changed(policyOf(DESKTOP, options));
    return () => {};
  },
});

/** Version of this software as it names itself to the tracker. */
export const SDK_VERSION = "0.1.0";

export const VENDORS: readonly string[];
/** Makes OUT/tizen and OUT/webos. @param settings a file that takes the place of `settings.js` @returns their folders */
export function pack(out: string, settings?: string): readonly string[];

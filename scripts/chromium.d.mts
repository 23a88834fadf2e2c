export declare const chromiumFlags: readonly string[];
/** @throws Error with a sentence that says how to give one */
export declare function findChromium(): Promise<string>;

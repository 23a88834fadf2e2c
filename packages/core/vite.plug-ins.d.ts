import type { Plugin } from "vite";
/**
 * simple-peer without Node's streams and buffers, socket.io-client without what Shoal does not use: what a browser is sent shrinks
 * by some 33 KB gzip, and integrators need no polyfills.
 */
export declare function standIns(): Plugin;
/** What every build of the browser packages goes through. */
export declare const plugIns: () => Plugin[];

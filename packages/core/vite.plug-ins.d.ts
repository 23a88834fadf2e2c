import type { Plugin } from "vite";
/**
 * simple-peer without Node's streams and buffers, socket.io-client without long polling: what a browser is sent shrinks
 * by some 25 KB gzip, and integrators need no polyfills.
 */
export declare function standIns(): Plugin;
/** What every build of the browser packages goes through. */
export declare const plugIns: () => Plugin[];

/** A global of Node and of every browser since Chrome 38, though not of ES2020 itself. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

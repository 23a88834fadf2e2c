/** What a path serves at one moment. Offsets in bytes. */
export interface Resource {
  /** `media` is what a viewer can share; `manifest` is all the rest of a stream: playlists, init segments, keys. */
  readonly kind: "media" | "manifest";
  readonly contentType: string;
  readonly sizeBytes: number;
  /** The bytes from `first` until before `end`, in pieces of any size. */
  read(first: number, end: number): Iterable<Uint8Array>;
}

/** A resource whose bytes are at hand. */
export function bytesResource(kind: Resource["kind"], contentType: string, bytes: Uint8Array): Resource {
  return { kind, contentType, sizeBytes: bytes.byteLength, read: (first, end) => [bytes.subarray(first, end)] };
}

/** A text resource, UTF-8. */
export function textResource(contentType: string, text: string): Resource {
  return bytesResource("manifest", contentType, new TextEncoder().encode(text));
}

/** One part of a file that is put together while it is read. */
export interface Part {
  readonly sizeBytes: number;
  bytes(): Uint8Array;
}

/** A file of many parts, of which only those are made that a read touches. */
export function joinedResource(contentType: string, parts: readonly Part[]): Resource {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  function* read(first: number, end: number): Iterable<Uint8Array> {
    let start = 0;
    for (const part of parts) {
      const from = Math.max(first - start, 0);
      const to = Math.min(end - start, part.sizeBytes);
      if (from < to) yield part.bytes().subarray(from, to);
      start += part.sizeBytes;
    }
  }
  return { kind: "media", contentType, sizeBytes, read };
}

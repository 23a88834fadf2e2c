/** What of mpd-parser is used; it declares no types. */
declare module "mpd-parser" {
  export interface ByteRangeOf {
    readonly offset: number | bigint;
    readonly length: number | bigint;
  }

  export interface ParsedSegment {
    readonly resolvedUri: string;
    /** Seconds. */
    readonly duration: number;
    /** On the presentation's timeline, seconds. */
    readonly presentationTime: number;
    readonly byterange?: ByteRangeOf;
    readonly map?: { readonly resolvedUri?: string; readonly byterange?: ByteRangeOf };
  }

  export interface ParsedRepresentation {
    readonly attributes: {
      readonly id?: string;
      readonly mimeType?: string;
      readonly contentType?: string;
      readonly type?: string;
      /** Seconds. */
      readonly periodStart?: number;
      /** Milliseconds since 1970. */
      readonly availabilityStartTime?: number;
    };
    readonly segments: readonly ParsedSegment[];
    readonly sidx?: {
      readonly resolvedUri: string;
      readonly byterange: ByteRangeOf;
      readonly map?: ParsedSegment["map"];
    };
  }

  export function stringToMpdXml(text: string): unknown;
  export function inheritAttributes(
    mpd: unknown,
    options: { readonly manifestUri: string; readonly NOW: number; readonly clientOffset?: number },
  ): { readonly representationInfo: unknown };
  export function toPlaylists(representationInfo: unknown): readonly ParsedRepresentation[];
}

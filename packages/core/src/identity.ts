import { contentIdOf, mediaBaseOf, pathOf } from "@shoal/protocol/names";
import type { Content } from "./mesh-part.ts";
import type { ResolvedOptions } from "./options.ts";
import { SegmentNames } from "./segment-names.ts";

/** What a manifest's content and segments are called, the same in every player. */
export interface Identity {
  readonly content: Content;
  readonly names: SegmentNames;
}

/** @param manifestUrl of the multivariant playlist or MPD, after redirects */
export function identityOf(
  manifestUrl: string,
  { contentId, mediaBase, segmentId }: Pick<ResolvedOptions, "contentId" | "mediaBase" | "segmentId">,
): Identity {
  return {
    content: { contentId: contentId ?? contentIdOf(manifestUrl), manifest: pathOf(manifestUrl) },
    names: new SegmentNames({ mediaBase: mediaBase ? pathOf(mediaBase) : mediaBaseOf(manifestUrl), segmentId }),
  };
}

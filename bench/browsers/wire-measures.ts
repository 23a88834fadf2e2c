import { segmentIdOf, segmentName } from "@shoal/protocol";
import type { RunRecord } from "./run-record.ts";
import { quantile } from "./statistics.ts";

const SEGMENT_PATH = /^(\/live\/)(.*)\/seg-(\d+)\.\w+$/;

/** How late news are, milliseconds, steady; null where there are none. */
export function newsDelays(run: RunRecord) {
  const announced = announcementDelaysMs(run);
  const sealed = sealDelaysMs(run);
  return {
    announcementMs: quantile(announced, 0.5),
    announcement95Ms: quantile(announced, 0.95),
    sealMs: quantile(sealed, 0.5),
    seal95Ms: quantile(sealed, 0.95),
  };
}

/**
 * From the moment when the last bytes of a piece reached a viewer until a neighbour of its handled the announcement of
 * it: hashing, gathering, whatever waits in queues, and the way. Pieces that came from the CDN are not among them, nor
 * what the neighbour held itself by then, from a neighbour or the CDN: that is no news, and told late on purpose.
 */
export function announcementDelaysMs({ seats, steadyMs, endMs }: RunRecord): readonly number[] {
  const wires = seats.flatMap(({ page }) => page?.wire ?? []);
  const receivedBy = new Map(wires.flatMap((wire) => (wire.peerId ? [[wire.peerId, wire.receivedMs] as const] : [])));
  return wires.flatMap(({ told, receivedMs, saidMs }) =>
    told.flatMap(({ atMs, from, segmentId, pieces }) =>
      pieces.flatMap((piece) => {
        const place = `${segmentId}:${piece}`;
        const heldMs = receivedBy.get(from)?.[place];
        const knownMs = [receivedMs[place], saidMs[place]].filter((ms) => ms !== undefined);
        if (knownMs.some((ms) => ms <= atMs)) return [];
        const counts = heldMs !== undefined && heldMs >= steadyMs && heldMs <= endMs && heldMs <= atMs;
        return counts ? atMs - heldMs : [];
      }),
    ),
  );
}

/** A rendition is followed while something of it was sealed within so many segments. */
const FOLLOWED_SEGMENTS = 3;

/**
 * From the moment when the origin first listed a live segment until it was sealed. What a rendition's window held when
 * its first viewer came does not count: it is sealed then, from the oldest on, and was not late.
 */
export function sealDelaysMs({ seats, counts, steadyMs, endMs, publication }: RunRecord): readonly number[] {
  const sealedMs = new Map(seats.flatMap(({ page }) => Object.entries(page?.wire?.sealedMs ?? {})));
  const tracks = new Map<string, { readonly publishedMs: number; readonly atMs: number }[]>();
  for (const path of Object.keys(counts.segments)) {
    const [, mediaBase, track, number] = SEGMENT_PATH.exec(path) ?? [];
    if (mediaBase === undefined || track === undefined) continue;
    const atMs = sealedMs.get(segmentIdOf(segmentName(path, mediaBase)));
    const publishedMs = publication.firstMs + Number(number) * publication.everyMs;
    if (atMs !== undefined) tracks.set(track, [...(tracks.get(track) ?? []), { publishedMs, atMs }]);
  }
  return [...tracks.values()].flatMap((seals) =>
    seals.flatMap(({ publishedMs, atMs }) => {
      const sinceMs = publishedMs - FOLLOWED_SEGMENTS * publication.everyMs;
      const isFollowed = seals.some((other) => other.atMs > sinceMs && other.atMs <= publishedMs);
      return isFollowed && publishedMs >= steadyMs && publishedMs <= endMs ? atMs - publishedMs : [];
    }),
  );
}

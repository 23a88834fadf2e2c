import { type Frame, fromRanges, type HaveFrame, type Seal, type SegmentId, type SegmentNews } from "@shoal/protocol";
import type { Clock } from "../clock.ts";
import type { Counters } from "../stats.ts";
import type { Acquisition } from "./acquisition.ts";
import type { Copies } from "./copies.ts";
import type { Neighbour } from "./neighbour.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { SealBook } from "./seal-book.ts";
import type { Timeline } from "./timeline.ts";
import type { Uploader } from "./uploader.ts";

/** Whom it passes on to what it hears. */
export interface ListenerRim {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly timeline: Timeline;
  readonly seals: SealBook;
  readonly copies: Copies;
  readonly neighbourhood: Neighbourhood;
  readonly uploader: Uploader;
  readonly acquisition: Acquisition;
  /** Segments of this track may be taken before our own playlist lists them. */
  readonly mayTakeAhead: (news: Pick<SegmentNews, "trackId">) => boolean;
  /** It sent what no honest viewer sends. */
  readonly convict: (neighbour: Neighbour) => void;
}

/** Announced segments taken before our own playlist lists them, at one time. */
const MAX_AHEAD = 3;
/** Who refused a piece because it has enough to send is not asked again so soon. */
const BUSY_MS = 200;

/** Hears what neighbours and the tracker say of segments, and sees that it is acted upon. */
export class Listener {
  readonly #rim: ListenerRim;

  constructor(rim: ListenerRim) {
    this.#rim = rim;
  }

  /** Bytes from a neighbour that has greeted. */
  hear(neighbour: Neighbour, bytes: Uint8Array): void {
    const frame = neighbour.read(bytes);
    if (frame) return this.#handle(neighbour, frame);
    this.#rim.counters.skippedMessages++;
    if (neighbour.babbles) this.#rim.neighbourhood.drop(neighbour.peerId, "incompatible");
  }

  /**
   * A seal came, from the tracker, the sealer or a neighbour. A true one is news: it says that the segment exists, and how
   * long it is. So it goes on at once to everybody who does not have it.
   */
  async seal(seal: Seal, from: Neighbour | null = null): Promise<void> {
    const { seals, copies, neighbourhood, acquisition, convict } = this.#rim;
    from?.notesSeal(seal);
    const verdict = await seals.offer(seal);
    if (verdict === "forged" && from) return convict(from);
    if (verdict !== "new") return;
    const { segmentId } = seal;
    if (!copies.get(segmentId) && this.#wantsAhead(segmentId, seal)) copies.beginAhead(segmentId, seal);
    copies.applySeal(seal);
    if (!from || copies.get(segmentId)) for (const neighbour of neighbourhood.all) neighbour.sendSeal(seal);
    acquisition.replan();
  }

  #handle(neighbour: Neighbour, frame: Frame): void {
    const { clock, seals, neighbourhood, uploader, acquisition } = this.#rim;
    switch (frame.type) {
      case "have":
        return this.#have(neighbour, frame);
      case "drop":
        for (const id of frame.segmentIds) {
          const said = neighbour.announced(id);
          neighbour.forget(id);
          if (said && said.comingSinceMs !== null && !said.hasAny) this.#fetchFailed(neighbour, id);
          acquisition.released(neighbour.peerId, id, null);
        }
        return;
      case "request":
        return uploader.request(neighbour, frame);
      case "cancel": {
        const pieces = frame.pieces.length > 0 ? new Set(fromRanges(frame.pieces)) : null;
        return uploader.cancel(neighbour.peerId, frame.segmentId, pieces);
      }
      case "reject": {
        if (frame.reason === "busy") neighbour.busyUntilMs = clock.now() + BUSY_MS;
        else neighbour.forget(frame.segmentId);
        return acquisition.released(neighbour.peerId, frame.segmentId, new Set(fromRanges(frame.pieces)));
      }
      case "piece":
        return this.#piece(neighbour, frame);
      case "status":
        neighbour.uploads = frame.uploads;
        neighbour.tracks = new Set(frame.tracks);
        neighbour.uplink = frame.uplink;
        return acquisition.electorateChanged();
      case "wantSeal": {
        const seal = seals.get(frame.segmentId);
        if (seal) neighbour.send({ type: "seal", seal });
        return;
      }
      case "seal":
        void this.seal(frame.seal, neighbour);
        return;
      case "bye":
        return neighbourhood.drop(neighbour.peerId, "leaving");
      case "hello":
        return;
    }
  }

  #piece(neighbour: Neighbour, frame: Extract<Frame, { readonly type: "piece" }>): void {
    const { clock, counters, copies, acquisition } = this.#rim;
    const copy = copies.get(frame.segmentId);
    neighbour.received(frame.bytes.length, clock.now());
    counters.peerBytes += frame.bytes.length;
    if (!copy) {
      counters.wastedBytes += frame.bytes.length;
      return;
    }
    const before = copy.pieces[frame.piece]?.state;
    copies.receive(copy, neighbour.peerId, frame);
    if (before !== "asked" || copy.pieces[frame.piece]?.state === "asked") return;
    neighbour.pieceDone(clock.now());
    acquisition.replan();
  }

  #have(neighbour: Neighbour, frame: HaveFrame): void {
    const { clock, copies, acquisition } = this.#rim;
    const { segmentId, news } = frame;
    const said = neighbour.announcement(segmentId);
    const promised = said.comingSinceMs !== null;
    if (said.add(frame, clock.now())) this.#fetchFailed(neighbour, segmentId);
    let copy = copies.get(segmentId);
    if (!copy && news && this.#wantsAhead(segmentId, news)) copy = copies.beginAhead(segmentId, news);
    if (copy && frame.held.length > 0) copy.heardMs ??= clock.now();
    if (copy && news) copies.claimLength(copy, news);
    // What we have already changes no plan.
    const matters = promised || frame.coming.length > 0 || copy?.lacks(frame.held);
    if (copy && !copy.complete && matters) acquisition.replan();
  }

  /** It was getting something from the CDN, and does no more. */
  #fetchFailed(neighbour: Neighbour, id: SegmentId): void {
    const { clock, copies, acquisition } = this.#rim;
    const nowMs = clock.now();
    neighbour.fetchFailedMs = nowMs;
    const copy = copies.get(id);
    if (copy) copy.brokenMs = nowMs;
    acquisition.electorateChanged();
  }

  /** News ahead of our playlist: the segment that follows what the player follows. */
  #wantsAhead(id: SegmentId, news: Pick<SegmentNews, "trackId" | "previousId">): boolean {
    const { timeline, copies, mayTakeAhead } = this.#rim;
    if (timeline.find(id) || !mayTakeAhead(news)) return false;
    const ahead = [...copies.all()].filter((copy) => !copy.segment);
    if (ahead.length >= MAX_AHEAD) return false;
    const chained = ahead.some((copy) => copy.id === news.previousId);
    return timeline.continues(news.trackId, news.previousId) || (chained && timeline.active.has(news.trackId));
  }
}

import type { Extending, FragmentRequest, Representation, StreamParts } from "./dash-types.ts";

/** dash.js' DashHandler, one for each kind of media in each period. */
interface DashHandler {
  isLastSegmentRequested(representation: Representation, bufferingTimeS: number): boolean;
  getInitRequest(mediaInfo: unknown, representation: Representation): FragmentRequest | null | undefined;
}

interface RepresentationController {
  updateData(representations: readonly Representation[], ...rest: unknown[]): Promise<unknown>;
  reset(): void;
}

/** One kind of media in one period, as dash.js plays it. */
export interface Stream extends StreamParts {
  readonly periodId: string;
  /** As the MPD has them now. */
  readonly representations: readonly Representation[];
  /** Null for a representation without init segment. */
  initRequest(representation: Representation): FragmentRequest | null;
}

type Config = StreamParts & { readonly streamInfo: { readonly id: string } };
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The streams of a player, found as dash.js makes their parts. The extensions look on, and change one thing: a period
 * whose last segment is still being loaded is not over.
 *
 * dash.js has no public word for "these segments exist"; the parts that it asks itself do.
 */
export class Streams {
  readonly #streams = new Set<Mutable<Stream>>();
  readonly #handlers = new WeakMap<object, { readonly handler: DashHandler; readonly config: Config }>();
  readonly #updated: (stream: Stream) => void;

  /** @param updated a stream's MPD was read, for the first time or again; must not throw */
  constructor(updated: (stream: Stream) => void) {
    this.#updated = updated;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** The stream that a representation is of, whatever version of the MPD it was read from. */
  of({ adaptation }: Representation, type: string): Stream | null {
    for (const stream of this.#streams) {
      if (stream.type === type && stream.periodId === adaptation.period.id) return stream;
    }
    return null;
  }

  /**
   * To extend DashHandler with.
   *
   * @param loading kinds of media of which a segment is being loaded
   */
  handlerExtension(loading: ReadonlySet<string>): (this: Extending<DashHandler>, config: Config) => object {
    const handlers = this.#handlers;
    return function (this: Extending<DashHandler>, config) {
      const { parent } = this;
      const { isLastSegmentRequested } = parent;
      handlers.set(config.segmentsController, { handler: parent, config });
      return {
        // An MPD that says where the period ends makes dash.js ask at once: told yes, it goes on to the next period
        // and leaves out what is under way.
        isLastSegmentRequested: (...rest: Parameters<DashHandler["isLastSegmentRequested"]>) =>
          !loading.has(config.type) && isLastSegmentRequested.apply(parent, rest),
      };
    };
  }

  /** To extend RepresentationController with. */
  controllerExtension(): (this: Extending<RepresentationController>, config: Config) => object {
    const open = (config: Config): Mutable<Stream> | null => this.#open(config);
    const streams = this.#streams;
    const updated = this.#updated;
    return function (this: Extending<RepresentationController>, config) {
      const { parent } = this;
      const { updateData, reset } = parent;
      const stream = open(config);
      if (!stream) return {};
      return {
        updateData(representations: readonly Representation[], ...rest: unknown[]) {
          return updateData.call(parent, representations, ...rest).then((result) => {
            stream.representations = representations;
            if (streams.has(stream)) updated(stream);
            return result;
          });
        },
        reset() {
          streams.delete(stream);
          reset.call(parent);
        },
      };
    };
  }

  /** Null where somebody else extended DashHandler before. */
  #open({ type, segmentsController, timelineConverter, streamInfo }: Config): Mutable<Stream> | null {
    const found = this.#handlers.get(segmentsController);
    if (!found) return null;
    const { handler, config } = found;
    const stream: Mutable<Stream> = {
      type,
      segmentsController,
      timelineConverter,
      baseURLController: config.baseURLController,
      periodId: streamInfo.id,
      representations: [],
      initRequest: (representation) => {
        if (representation.initialization === null && representation.range === null) return null;
        return handler.getInitRequest(null, representation) ?? null;
      },
    };
    this.#streams.add(stream);
    return stream;
  }
}

import type { Segment } from "@shoal/core";
import { loadChunks } from "./chunked-load.ts";
import type { Extending, MediaRequest, MediaResponse, NetLoader } from "./dash-types.ts";
import { type LoadOwner, SharedLoad } from "./shared-load.ts";

/** Makes loaders of dash.js' own, and reads what a page registered with the player. */
export interface DashNet {
  open(): NetLoader;
  /** Interceptors of requests, those of CMCD among them. */
  interceptors(): readonly ((request: MediaRequest) => MediaRequest | Promise<MediaRequest>)[];
}

/** What the extended loaders ask of the plug-in they belong to. */
export interface ExtensionOwner extends LoadOwner {
  /** dash.js made a loader that Shoal looks after. */
  extended(net: DashNet): void;
  /** The segment to share; null for everything else. */
  segmentOf(request: MediaRequest): Segment | null;
  /** False for a segment of low latency that is still being made. */
  isComplete(request: MediaRequest): boolean;
  /** A segment of a track is being loaded: it is what the player plays. */
  loads(segment: Segment, request: MediaRequest): void;
  /** A segment came past the engine. */
  adopt(segment: Segment, bytes: ArrayBuffer, durationMs: number): void;
}

/**
 * To extend XHRLoader and FetchLoader with: media segments go through the engine, all else as before.
 *
 * @param loading is kept up to date: kinds of media of which the player waits for a segment
 * @returns one function for both, since each must know the loaders that Shoal opens for itself
 */
export function loaderExtension(owner: ExtensionOwner, loading: Set<string>): (this: Extending<NetLoader>) => object {
  let isOpening = false;
  return function (this: Extending<NetLoader>) {
    // One that Shoal opened stays as it is.
    if (isOpening) return {};
    const { parent, factory, context } = this;
    // Extending replaces methods on the parent itself: called by name, they would call themselves.
    const { load, abort, reset, resetInitialSettings } = parent;
    const loads = new Set<SharedLoad>();
    owner.extended({
      open: () => {
        isOpening = true;
        try {
          return factory.getClassFactoryByName("XHRLoader")(context).create();
        } finally {
          isOpening = false;
        }
      },
      interceptors: () => interceptorsOf(factory.getSingletonInstance(context, "CustomParametersModel")),
    });
    const dropAll = (): void => {
      for (const running of loads) running.drop();
    };
    return {
      load(request: MediaRequest, response: MediaResponse) {
        const segment = owner.segmentOf(request);
        if (!segment) return load.call(parent, request, response);
        owner.loads(segment, request);
        if (!owner.isComplete(request)) {
          const plain = (sent: MediaRequest, into: MediaResponse): unknown => load.call(parent, sent, into);
          return loadChunks(plain, request, response, (bytes, ms) => owner.adopt(segment, bytes, ms));
        }
        const { mediaType } = request.customData.request;
        const shared = new SharedLoad(owner, request, response, () => {
          loads.delete(shared);
          loading.delete(mediaType);
        });
        loads.add(shared);
        loading.add(mediaType);
        return shared.start(segment);
      },
      abort(...rest: unknown[]) {
        for (const running of loads) running.abort();
        abort.apply(parent, rest);
      },
      reset() {
        dropAll();
        reset.call(parent);
      },
      resetInitialSettings() {
        dropAll();
        resetInitialSettings?.call(parent);
      },
    };
  };
}

function interceptorsOf(model: unknown): ReturnType<DashNet["interceptors"]> {
  const { getRequestInterceptors } = (model ?? {}) as { getRequestInterceptors?: () => unknown };
  const found = getRequestInterceptors?.();
  return Array.isArray(found) ? found : [];
}

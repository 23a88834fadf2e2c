import { type Asked, answerOf, type CdnSink, type CdnTask, unplaced } from "@shoal/core";
import type {
  FragmentRequest,
  MediaRequest,
  MediaResponse,
  NetLoader,
  ProgressReport,
  RequestCallbacks,
} from "./dash-types.ts";

/** What a CDN request came to, to be handed to dash.js as it is. Opaque to the engine. */
export interface HttpOutcome {
  readonly response: MediaResponse;
  /** What the loader said of the time-out, if it was one. */
  readonly timedOut: ProgressReport | null;
}

/** A request for a segment or a part of it. */
export interface BaseRequest {
  readonly request: Omit<MediaRequest, "customData">;
  readonly fragment: FragmentRequest;
  readonly asked: Asked;
  readonly seen?: (response: MediaResponse) => void;
}

/** Drives a loader of dash.js' own as a CDN request. The sink hears nothing before this returns. */
export function requestThrough(
  loader: NetLoader,
  { request, fragment, asked, seen }: BaseRequest,
  sink: CdnSink,
): CdnTask {
  const response: MediaResponse = { status: 0, headers: {} };
  let ended = false;
  let timedOut: ProgressReport | null = null;
  const end = (): void => {
    if (ended) return;
    ended = true;
    const { status, data } = response;
    const bytes = status >= 200 && status < 300 ? bufferOf(data) : null;
    if (!bytes || bytes.byteLength === 0) {
      const passing = status === 0 || status === 408 || status === 429 || status >= 500;
      sink.failed({ response, timedOut } satisfies HttpOutcome, passing);
      return;
    }
    seen?.(response);
    const answer = answerOf(bytes, status, asked);
    if (answer) sink.done(answer);
    else if (asked.part) sink.failed({ response, timedOut } satisfies HttpOutcome);
    else sink.done(unplaced(bytes));
  };
  const callbacks: RequestCallbacks = {
    request: fragment,
    onprogress: ({ loaded = 0, total = 0, lengthComputable }) => {
      if (!ended) sink.progress(loaded, lengthComputable && total > 0 ? total : null);
    },
    onloadend: end,
    ontimeout: (event) => {
      timedOut = event;
    },
  };
  const sent: MediaRequest = { ...request, customData: callbacks };
  response.request = sent;
  try {
    loader.load(sent, response);
  } catch {
    Promise.resolve().then(end);
  }
  return {
    abort: () => {
      if (ended) return;
      ended = true;
      callbacks.abort?.();
    },
  };
}

/** An ArrayBuffer may be another frame's, so its class says nothing. */
function bufferOf(data: unknown): ArrayBuffer | null {
  return Object.prototype.toString.call(data) === "[object ArrayBuffer]" ? (data as ArrayBuffer) : null;
}

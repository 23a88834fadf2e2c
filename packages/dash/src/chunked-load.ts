import type { MediaRequest, MediaResponse, NetLoader, RequestCallbacks } from "./dash-types.ts";

/**
 * Loads a segment that is still being made, chunk by chunk, exactly as dash.js would; once it is whole, it can be shared.
 *
 * @param whole given all bytes of a segment that came to its end, and how long it took
 */
export function loadChunks(
  load: NetLoader["load"],
  request: MediaRequest,
  response: MediaResponse,
  whole: (bytes: ArrayBuffer, durationMs: number) => void,
): void {
  const theirs = request.customData;
  const chunks: Uint8Array[] = [];
  const startedMs = Date.now();
  // dash.js takes callbacks away from its own object before it aborts: they are looked up when they are due.
  const ours: RequestCallbacks = {
    request: theirs.request,
    onprogress: (report) => {
      if (report.data) chunks.push(new Uint8Array(report.data.slice(0)));
      theirs.onprogress?.(report);
    },
    onloadend: () => {
      const rest = response.data;
      if (rest instanceof ArrayBuffer && rest.byteLength > 0) chunks.push(new Uint8Array(rest.slice(0)));
      const isWhole = response.status === 200 && chunks.length > 0;
      theirs.onloadend?.();
      if (isWhole) whole(concat(chunks), Date.now() - startedMs);
    },
    onabort: () => theirs.onabort?.(),
    ontimeout: (event) => theirs.ontimeout?.(event),
  };
  theirs.abort = () => ours.abort?.();
  load({ ...request, customData: ours }, response);
}

function concat(chunks: readonly Uint8Array[]): ArrayBuffer {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes.buffer;
}

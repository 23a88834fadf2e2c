import type { CdnSink, CdnTask, Segment } from "@shoal/core";
import type { ByteRange } from "@shoal/protocol/names";
import { requestThrough } from "./base-request.ts";
import type { MediaRequest } from "./dash-types.ts";
import type { DashNet } from "./loader-extension.ts";

/**
 * Asks the CDN for a segment or part of it that dash.js did not ask for: with its credentials and time limits, and
 * through the page's interceptors, since these may sign each request.
 *
 * @param like the last request of the same track
 */
export function interceptedFetch(
  net: DashNet,
  like: MediaRequest,
  { url, range }: Segment,
  part: ByteRange | null,
  sink: CdnSink,
): CdnTask {
  const offset = range?.first ?? 0;
  const wanted = part ? { first: offset + part.first, last: offset + part.last } : range;
  const { Range: _theirs, ...headers } = like.headers;
  const text = wanted ? `${wanted.first}-${wanted.last}` : null;
  const { range: _marked, ...settings } = like;
  const own: MediaRequest = {
    ...settings,
    url,
    headers: text ? { ...headers, Range: `bytes=${text}` } : headers,
    customData: { request: { ...like.customData.request, url, range: text, traces: [] } },
  };
  let task: CdnTask | null = null;
  let isAborted = false;
  const send = ({ customData, ...request }: MediaRequest): void => {
    if (isAborted) return;
    const asked = { segmentRange: range, part };
    task = requestThrough(net.open(), { request, fragment: customData.request, asked }, sink);
  };
  const chain = net
    .interceptors()
    .reduce<Promise<MediaRequest>>((before, next) => before.then(next), Promise.resolve(own));
  chain.then(send).catch(() => {
    if (!isAborted && !task) sink.failed(null);
  });
  return {
    abort: () => {
      isAborted = true;
      task?.abort();
    },
  };
}

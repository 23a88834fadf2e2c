import type { CdnSink, CdnTask, Delivery, LoadTask, Segment, Session } from "@shoal/core";
import type { HttpOutcome } from "./base-request.ts";
import type { MediaRequest, MediaResponse } from "./dash-types.ts";
import { tellRate } from "./transfer-report.ts";

/** What a load asks of the plug-in it belongs to. */
export interface LoadOwner {
  readonly session: Pick<Session, "load">;
  /** Asks the CDN for the whole segment, as the player alone would. */
  fetchWhole(segment: Segment, request: MediaRequest, sink: CdnSink, seen: (response: MediaResponse) => void): CdnTask;
  /** What the player itself thinks the CDN gives, for when the engine knows nothing; null while it does not either. */
  pace(request: MediaRequest): { readonly rateBps: number | null; readonly latencyMs: number };
  /** An answer sooner than this counts as one from the browser's cache, and not as a sample, milliseconds. */
  cacheLimitMs(request: MediaRequest): number;
}

/** One media segment that dash.js asks for, through the engine. */
export class SharedLoad {
  readonly #owner: LoadOwner;
  readonly #request: MediaRequest;
  readonly #response: MediaResponse;
  readonly #ended: () => void;
  readonly #startedMs = Date.now();
  #task: LoadTask | null = null;
  #seen: MediaResponse | null = null;
  #loaded = 0;
  #isOver = false;
  #cancelWait: () => void = () => {};

  /** @param ended the load is over, in whatever way */
  constructor(owner: LoadOwner, request: MediaRequest, response: MediaResponse, ended: () => void) {
    this.#owner = owner;
    this.#request = request;
    this.#response = response;
    this.#ended = ended;
    request.customData.abort = () => this.abort();
  }

  start(segment: Segment): void {
    this.#task = this.#owner.session.load({
      segment,
      fetch: (sink) =>
        this.#owner.fetchWhole(segment, this.#request, sink, (response) => {
          this.#seen = response;
        }),
      sink: {
        progress: (loaded, total) => this.#progress(loaded, total),
        done: (bytes, delivery) => this.#done(bytes, delivery),
        failed: (outcome) => this.#failed(outcome as HttpOutcome | null),
      },
    });
  }

  /** As XHRLoader does: what dash.js left of the callbacks hears of it, once. */
  abort(): void {
    if (this.#isOver) return;
    this.drop();
    this.#request.customData.onabort?.();
  }

  /** Ends without a word: the player is being torn down. */
  drop(): void {
    if (this.#isOver) return;
    this.#over();
    this.#task?.abort();
  }

  #progress(loaded: number, total: number | null): void {
    if (this.#isOver || loaded <= this.#loaded) return;
    this.#loaded = loaded;
    const report = { loaded, total: total ?? 0, lengthComputable: total !== null };
    this.#request.customData.onprogress?.(report);
  }

  #done(bytes: ArrayBuffer, delivery: Delivery): void {
    if (this.#isOver) return;
    if (delivery.plain) return this.#answer(bytes, this.#seen);
    const own = this.#owner.pace(this.#request);
    const rateBps = delivery.rateBps ?? own.rateBps;
    const startedMs = this.#startedMs;
    const finish = (): void => {
      if (this.#isOver) return;
      if (rateBps !== null) {
        const latencyMs = Math.min(own.latencyMs, Date.now() - startedMs);
        tellRate(this.#request, bytes.byteLength, { rateBps, latencyMs, startedMs });
      }
      this.#answer(bytes, null);
    };
    const waitMs = this.#owner.cacheLimitMs(this.#request) - (Date.now() - startedMs);
    if (rateBps === null || !(waitMs > 0)) return finish();
    const timer = setTimeout(finish, waitMs);
    this.#cancelWait = () => clearTimeout(timer);
  }

  #answer(data: ArrayBuffer, seen: MediaResponse | null): void {
    const { url, headers } = this.#request;
    this.#ends({ url, status: headers.Range ? 206 : 200, statusText: "OK", headers: {}, ...seen, data });
  }

  #failed(outcome: HttpOutcome | null): void {
    this.#ends(outcome?.response, outcome?.timedOut);
  }

  #ends(answer?: MediaResponse, timedOut?: HttpOutcome["timedOut"]): void {
    if (this.#isOver) return;
    const request = this.#request;
    this.#over();
    Object.assign(this.#response, answer, { request });
    if (timedOut) request.customData.ontimeout?.(timedOut);
    request.customData.onloadend?.();
  }

  #over(): void {
    this.#isOver = true;
    this.#cancelWait();
    this.#ended();
  }
}

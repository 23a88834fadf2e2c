import type { OriginCounts } from "./origin-counts.ts";

/** How the CDN behaves. */
export type CdnState = "well" | "slow" | "cut";

/** In a brown-out all answers of the CDN share this, bit/s: less than half of what six plain players need. */
export const BROWN_OUT_BPS = 4_000_000;

/** Between looks for services that are starting. */
const STARTING_MS = 500;

/** What the page can do to the services behind it. */
export class ServicesClient {
  readonly tracker: string;
  readonly #control: string;

  private constructor(tracker: string, control: string) {
    this.tracker = tracker;
    this.#control = control;
  }

  /** The page may be reloaded while everything is still starting: asks until there is an answer. */
  static async find(): Promise<ServicesClient> {
    for (;;) {
      try {
        const { tracker, control } = (await json("./services.json")) as {
          readonly tracker: string;
          readonly control: string;
        };
        return new ServicesClient(tracker, control);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, STARTING_MS));
      }
    }
  }

  async setCdn(state: CdnState): Promise<void> {
    const fault = state === "cut" ? { kind: "status", status: 503, filter: { media: true } } : { kind: "none" };
    await post("/_origin/fault", fault);
    await post("/_origin/shaping", state === "slow" ? { totalBitsPerSecond: BROWN_OUT_BPS } : {});
  }

  counts(): Promise<OriginCounts> {
    return json("/_origin/counts") as Promise<OriginCounts>;
  }

  async resetCounts(): Promise<void> {
    await post("/_origin/reset-counts", {});
  }

  /** @returns whether the tracker runs now */
  async setTracker(act: "kill" | "start"): Promise<boolean> {
    const answer = await fetch(`${this.#control}/tracker/${act}`, { method: "POST" });
    return ((await answer.json()) as { readonly running: boolean }).running;
  }

  async trackerRuns(): Promise<boolean> {
    return ((await json(`${this.#control}/tracker`)) as { readonly running: boolean }).running;
  }
}

async function json(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}.`);
  return answer.json();
}

async function post(url: string, body: object): Promise<void> {
  await fetch(url, { method: "POST", body: JSON.stringify(body) });
}

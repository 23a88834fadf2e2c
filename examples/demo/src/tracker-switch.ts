import { type ChildService, startChild } from "./child-service.ts";

/** The tracker, which can be killed and started again at the same address. */
export class TrackerSwitch {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #died: (lastWords: string) => void;
  #child: ChildService | null = null;
  #port = "0";
  #url = "";
  /** Starts and ends follow each other, whoever asks. */
  #last: Promise<void> = Promise.resolve();

  /** @param sealerUrl where the sealer listens */
  constructor(sealerUrl: string, died: (lastWords: string) => void) {
    this.#died = died;
    this.#environment = {
      SHOAL_HOST: "127.0.0.1",
      SHOAL_OPEN: "1",
      SHOAL_ISP_FROM_QUERY: "1",
      SHOAL_SEALER_URL: sealerUrl,
      SHOAL_LOG_LEVEL: "warn",
    };
  }

  get url(): string {
    return this.#url;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  start(): Promise<void> {
    return this.#then(async () => {
      if (this.#child) return;
      this.#child = await startChild(
        "./tracker-program.ts",
        { ...this.#environment, SHOAL_PORT: this.#port },
        (words) => {
          this.#child = null;
          this.#died(words);
        },
      );
      this.#url = this.#child.url;
      this.#port = new URL(this.#url).port;
    });
  }

  /** As a crash: no socket is closed in good order. */
  kill(): Promise<void> {
    return this.#then(async () => {
      const child = this.#child;
      this.#child = null;
      await child?.kill();
    });
  }

  stop(): Promise<void> {
    return this.#then(async () => {
      const child = this.#child;
      this.#child = null;
      await child?.stop();
    });
  }

  #then(act: () => Promise<void>): Promise<void> {
    const next = this.#last.then(act);
    this.#last = next.catch(() => {});
    return next;
  }
}

const EVERY_MS = 500;

/** A line that changes on a terminal; elsewhere only what is done is said. */
export class Progress {
  #shownMs = 0;

  show(text: string): void {
    const nowMs = performance.now();
    if (!process.stderr.isTTY || nowMs - this.#shownMs < EVERY_MS) return;
    this.#shownMs = nowMs;
    process.stderr.write(`\r\x1b[K${text}`);
  }

  done(text: string): void {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }
}

import { type BigIntStats, readFileSync, statSync, unwatchFile, watchFile } from "node:fs";
import type { Log } from "@shoal/sealer";

/** How often a file's date is looked at, milliseconds. Polling sees a file that is replaced as well as one written to. */
const LOOK_MS = 2_000;

/**
 * What a file says, read again when it changes. A new content that cannot be read is logged and the old one stays in
 * force.
 */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #parse: (bytes: Buffer) => T;
  readonly #log: Log;
  #value: T;
  #stamp: string;
  #closed = false;
  readonly #listener = (): void => {
    this.look();
  };

  /** @param parse throws where the bytes are not what they should be; so does this constructor then */
  constructor(path: string, parse: (bytes: Buffer) => T, log: Log) {
    this.#path = path;
    this.#parse = parse;
    this.#log = log;
    this.#stamp = stampOf(path);
    this.#value = parse(readFileSync(path));
    watchFile(path, { interval: LOOK_MS, persistent: false }, this.#listener);
  }

  get value(): T {
    return this.#value;
  }

  /** Looks whether the file has changed, without waiting for the next poll. @returns true where a new content is in force */
  look(): boolean {
    try {
      const stamp = stampOf(this.#path);
      if (this.#closed || stamp === this.#stamp) return false;
      // Kept first: a broken file is reported once, not at each poll.
      this.#stamp = stamp;
      this.#value = this.#parse(readFileSync(this.#path));
      this.#log.info("file-read-again", { path: this.#path });
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error("file-not-reloaded", { path: this.#path, reason });
      return false;
    }
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    unwatchFile(this.#path, this.#listener);
  }
}

function stampOf(path: string): string {
  const { ino, size, mtimeNs }: BigIntStats = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

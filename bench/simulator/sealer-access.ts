import type { PeerId } from "@shoal/protocol";
import type { Post } from "./post.ts";

/** One way between a viewer and the sealer, milliseconds. */
const SEALER_WAY_MS = 20;

interface Question {
  resolve(seal: Uint8Array | null): void;
  reject(error: Error): void;
}

/** The sealer as the viewers of a shard reach it while the tracker is away. */
export class SealerAccess {
  readonly #post: Post;
  readonly #questions: Question[] = [];

  constructor(post: Post) {
    this.#post = post;
  }

  /** The seal's bytes; null where there is none yet. @throws Error while nobody answers */
  get(peerId: PeerId, url: string): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      const question = this.#questions.push({ resolve, reject }) - 1;
      this.#post.send({ to: "sealer", peerId, question, url }, SEALER_WAY_MS);
    });
  }

  /** The sealer's answer sets out for whoever asked. */
  answer(peerId: PeerId, question: number, seal: Uint8Array | null | undefined): void {
    this.#post.send({ to: "asker", peerId, question, seal }, SEALER_WAY_MS);
  }

  receive(question: number, seal: Uint8Array | null | undefined): void {
    const asked = this.#questions[question];
    if (seal === undefined) asked?.reject(new Error("The sealer is away."));
    else asked?.resolve(seal);
  }
}

import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";

/** How long after its turn a viewer may still come, milliseconds. */
const GOOD_FOR_MS = 60_000;
const SIGNATURE_BYTES = 12;

/** Signs and checks the short-lived word by which one pod lets a viewer in at another: `<end of its time>.<signature>`. */
export class AssignTokens {
  readonly #key: KeyObject;

  /** @param secret that all pods share; empty: one of this process' own, good for one pod */
  constructor(secret: string) {
    this.#key = createSecretKey(secret === "" ? randomBytes(32) : Buffer.from(secret, "utf8"));
  }

  sign(shard: string, turnMs: number): string {
    const end = Math.round(turnMs + GOOD_FOR_MS).toString(36);
    return `${end}.${this.#signature(shard, end).toString("base64url")}`;
  }

  verify(shard: string, token: string, nowMs: number): boolean {
    if (token === "") return false;
    const [end = "", signature = ""] = token.split(".");
    if (!/^[0-9a-z]{1,10}$/.test(end) || Number.parseInt(end, 36) < nowMs) return false;
    const given = Buffer.from(signature, "base64url");
    return given.length === SIGNATURE_BYTES && timingSafeEqual(given, this.#signature(shard, end));
  }

  #signature(shard: string, end: string): Buffer {
    return createHmac("sha256", this.#key).update(`shoal-assign ${end} ${shard}`).digest().subarray(0, SIGNATURE_BYTES);
  }
}

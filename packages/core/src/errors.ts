/** Stable codes of the errors a caller can act on. */
export type ShoalErrorCode = "bad-option" | "closed";

/** Thrown for misuse only; whatever fails at run time ends in a plain CDN request and in `stats()`. */
export class ShoalError extends Error {
  readonly code: ShoalErrorCode;

  constructor(code: ShoalErrorCode, message: string) {
    super(message);
    this.name = "ShoalError";
    this.code = code;
  }
}

/** Outcome of reading something another party sent: a value, or a typed refusal. Never an exception. */
export type Result<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly reason: string };

/** A successful {@link Result}. */
export const accept = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** A refused {@link Result}: a stable code and a sentence for people. */
export const refuse = <Code extends string>(
  code: Code,
  reason: string,
): { readonly ok: false; readonly code: Code; readonly reason: string } => ({ ok: false, code, reason });

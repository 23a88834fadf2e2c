/** A refusal's code and its sentence, on one line as the formatter leaves it. */
const REFUSAL = /\brefuse\(("[\w-]+"), (?:"[^"\n]*"|`[^`\n]*`)\)/g;

/**
 * Refusals of what another party sent, by their codes alone. A viewer counts what it skips; the sentences are for the
 * tracker's log and for whoever tests.
 */
export function dropReasons(code: string): string {
  return code.replace(REFUSAL, 'refuse($1, "")');
}

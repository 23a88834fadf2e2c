/** Stands in for the `err-code` package: simple-peer gives its errors a code. A browser's own has one that cannot be set. */
export const errCode = (error: Error, code: string): Error =>
  Object.defineProperty(error, "code", { value: code, configurable: true });

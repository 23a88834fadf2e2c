/** Stands in for the `err-code` package: simple-peer gives its errors a code. A browser's own has one that cannot be set. */
module.exports = (error, code) => Object.defineProperty(error, "code", { value: code, configurable: true });

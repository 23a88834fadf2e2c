/** Stands in for the `err-code` package: simple-peer gives its errors a code, nothing else. */
module.exports = (error, code) => Object.assign(error, { code });

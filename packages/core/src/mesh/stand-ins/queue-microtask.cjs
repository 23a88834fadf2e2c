/** Stands in for the `queue-microtask` package, for engines that have none of their own. */
module.exports = (callback) => Promise.resolve().then(callback);

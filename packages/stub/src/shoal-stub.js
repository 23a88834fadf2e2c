/**
 * Loads Shoal where the browser can run it, and nothing where it cannot. ES5, because it must be read by engines that could
 * not read the rest; by what they can do, never by their name.
 *
 *   ShoalStub(function (Shoal, why) { … }, { src: "/shoal/shoal-hls.js", timeoutMs: 3000 })
 *
 * The callback is called exactly once, later: with what `shoal-hls.js` or `shoal-dash.js` gives the page, or with null
 * and a word that says why not. Nothing here throws.
 */
(function (window, document) {
  var KEY = "shoal:probe";
  var own = document.currentScript ? document.currentScript.src : "";

  /** A word for the first thing that is missing; "" where all is there. */
  function missing() {
    // Who has these reads ES2015, too.
    if (!window.Promise || !window.Symbol || !window.Map || !Object.entries || ![].includes) return "old-engine";
    if (!window.TextEncoder || !window.URLSearchParams || !window.fetch) return "old-engine";
    if (!window.MediaSource && !window.ManagedMediaSource) return "no-media-source";
    if (!window.RTCPeerConnection || !RTCPeerConnection.prototype.createDataChannel) return "no-webrtc";
    if (!window.WebSocket) return "no-websocket";
    if (!window.crypto || !crypto.subtle) return "insecure-page";
    return crashedBefore() ? "crashed-before" : "";
  }

  /** A page that tried data channels was gone before it knew, or tries them now: see the engine's probe. */
  function crashedBefore() {
    var kept;
    try {
      kept = JSON.parse(localStorage.getItem(KEY) || "[]");
      if (kept[2] !== navigator.userAgent) return false;
      return kept[0] === "crashed" || kept[0] === "trying";
    } catch (_error) {
      return false;
    }
  }

  function sourceOf(options) {
    return options.src || own.replace(/[^/]*$/, window.Hls ? "shoal-hls.js" : "shoal-dash.js");
  }

  window.ShoalStub = function (callback, options) {
    var given = options || {};
    var done = false;
    var why;
    var script;
    function answer(why) {
      if (done) return;
      done = true;
      setTimeout(function () {
        var found = why ? null : window.Shoal || null;
        callback(found, why || (found ? "" : "no-script"));
      }, 0);
    }
    try {
      why = missing();
      if (why) return answer(why);
      if (window.Shoal) return answer("");
      script = document.createElement("script");
      script.src = sourceOf(given);
      script.onload = function () {
        answer("");
      };
      script.onerror = function () {
        answer("no-script");
      };
      setTimeout(function () {
        answer("timeout");
      }, given.timeoutMs || 3000);
      (document.head || document.documentElement).appendChild(script);
    } catch (_error) {
      answer("error");
    }
  };
})(window, document);

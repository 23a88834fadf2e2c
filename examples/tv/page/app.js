/* The whole app, in ES5: a menu for the remote control, and a player that shares where the set can. */
(function () {
  var KEYS = { 13: "ok", 38: "up", 40: "down", 8: "back", 27: "back", 461: "back", 10009: "back" };
  var MEDIA_KEYS = { 19: "pause", 179: "toggle", 415: "play", 413: "stop", 10252: "toggle" };
  var STATUS_MS = 2000;
  var settings = window.SETTINGS;
  var video = document.getElementById("video");
  var list = document.getElementById("channels");
  var status = document.getElementById("status");
  var chosen = 0;
  var player = null;
  // Asked once: the stub answers in any case, and with null where this set cannot share.
  var shoal = { asked: false, found: null, why: "" };

  function draw() {
    var i;
    for (i = 0; i < list.children.length; i++) list.children[i].className = i === chosen ? "chosen" : "";
  }

  function withShoal(next) {
    if (shoal.asked) return next();
    shoal.asked = true;
    window.ShoalStub(function (found, why) {
      shoal.found = found;
      shoal.why = why;
      next();
    });
  }

  function watch(channel) {
    stop();
    document.body.className = "watching";
    withShoal(function () {
      var Player = shoal.found ? shoal.found.withShoal(window.Hls) : window.Hls;
      var config = {};
      if (!Player.isSupported()) {
        // The set plays HLS by itself, or not at all; Shoal has no part in it.
        video.src = channel.manifest;
        return video.play();
      }
      if (shoal.found) config.shoal = { tracker: settings.tracker };
      player = new Player(config);
      player.loadSource(channel.manifest);
      player.attachMedia(video);
      video.play();
    });
  }

  function stop() {
    document.body.className = "";
    status.textContent = "";
    if (player) player.destroy();
    player = null;
    video.removeAttribute("src");
    video.load();
  }

  function leave() {
    if (document.body.className === "watching") return stop();
    if (window.tizen) window.tizen.application.getCurrentApplication().exit();
    else window.close();
  }

  function tell() {
    var stats = player && player.shoal ? player.shoal.stats() : null;
    var total = stats ? stats.cdnBytes + stats.peerBytes : 0;
    if (!player) status.textContent = "";
    else if (!stats) status.textContent = "plays from the CDN: " + (shoal.why || "plain");
    else if (stats.offReason) status.textContent = "plays from the CDN: " + stats.offReason;
    else {
      status.textContent =
        Math.round((100 * stats.peerBytes) / Math.max(1, total)) + " % from " + stats.neighbours.length + " viewers";
    }
  }

  function pressed(event) {
    var key = KEYS[event.keyCode];
    var media = MEDIA_KEYS[event.keyCode];
    var watching = document.body.className === "watching";
    if (!key && !media) return;
    event.preventDefault();
    if (media === "stop") stop();
    else if (media === "pause" || (media === "toggle" && !video.paused)) video.pause();
    else if (media) video.play();
    else if (key === "back") leave();
    else if (watching && key === "ok") video[video.paused ? "play" : "pause"]();
    else if (!watching && key === "ok") watch(settings.channels[chosen]);
    else if (!watching) {
      chosen = (chosen + (key === "up" ? settings.channels.length - 1 : 1)) % settings.channels.length;
      draw();
    }
  }

  function begin() {
    var names = ["MediaPlay", "MediaPause", "MediaPlayPause", "MediaStop"];
    var i;
    var item;
    for (i = 0; i < settings.channels.length; i++) {
      item = document.createElement("li");
      item.textContent = settings.channels[i].name;
      list.appendChild(item);
    }
    draw();
    document.addEventListener("keydown", pressed);
    setInterval(tell, STATUS_MS);
    // Tizen gives these keys to apps that ask for them.
    for (i = 0; window.tizen && i < names.length; i++) window.tizen.tvinputdevice.registerKey(names[i]);
  }

  begin();
})();

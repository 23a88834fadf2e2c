/* What this app plays, and the tracker that introduces its viewers. */
window.SETTINGS = {
  tracker: "https://tracker.example",
  channels: [
    { name: "One", manifest: "https://cdn.example/one/master.m3u8" },
    { name: "Two", manifest: "https://cdn.example/two/master.m3u8" },
  ],
};

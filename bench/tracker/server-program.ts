import { startTracker, TRACKER_DEFAULTS } from "@shoal/tracker";
import { Server } from "bittorrent-tracker";

/** One tracker in a process of its own, which says what it has used when asked. */
export type TrackerName = "shoal" | "bittorrent-tracker";

async function listen(name: TrackerName): Promise<string> {
  if (name === "shoal") {
    const most = 1_000_000;
    const tracker = await startTracker({
      ...TRACKER_DEFAULTS,
      host: "127.0.0.1",
      port: 0,
      open: true,
      maxSockets: most,
      maxSocketsPerAddress: most,
      logLevel: "error",
      ...(JSON.parse(process.env.BENCH_TRACKER_OPTIONS ?? "{}") as object),
    });
    return tracker.url.replace("http", "ws");
  }
  const server = new Server({ udp: false, http: true, ws: true, stats: false, interval: 120_000 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${server.http.address().port}`;
}

/** Gives memory that is not in use back to the system; what V8 would do by itself in a quiet time. */
function collect(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

const url = await listen(process.argv[2] as TrackerName);
process.send?.({ url });
process.on("message", (message) => {
  if (message === "collect") collect();
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system, residentBytes: process.memoryUsage.rss() });
});
process.once("disconnect", () => process.exit(0));

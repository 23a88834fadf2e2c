import { TRACKER_EVENTS, TRACKER_VERSION } from "@shoal/protocol";
import { startTracker } from "@shoal/tracker";
import { io, type Socket } from "socket.io-client";

/** How soon a configuration reaches the viewers on open sockets: from the operator's request to the last viewer told. */
export async function killSwitchMs(viewers: number): Promise<number> {
  const most = 1_000_000;
  const tracker = await startTracker({
    ...{ host: "127.0.0.1", port: 0, open: true, adminToken: "bench", logLevel: "error" as const },
    ...{ maxSocketsPerAddress: most, maxSockets: most, joinsPerSecond: 100_000, maxLoopDelayMs: 60_000 },
  });
  const sockets: Socket[] = [];
  try {
    for (let n = 0; n < viewers; n++) {
      const socket = io(tracker.url, {
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        auth: authOf(n),
      });
      sockets.push(socket);
      await new Promise((resolve, reject) =>
        socket.once(TRACKER_EVENTS.welcome, resolve).once("connect_error", reject),
      );
    }
    const told = Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once(TRACKER_EVENTS.config, resolve))),
    );
    const began = performance.now();
    await fetch(`${tracker.url}/admin/config`, {
      method: "POST",
      headers: { authorization: "Bearer bench" },
      body: JSON.stringify({ rules: [{ when: { device: "desktop" }, set: { sharing: "off" } }] }),
    });
    await told;
    return performance.now() - began;
  } finally {
    for (const socket of sockets) socket.disconnect();
    await tracker.close();
  }
}

const authOf = (n: number): object => ({
  version: TRACKER_VERSION,
  peerId: n.toString(16).padStart(32, "0"),
  contentId: "bench",
  device: "desktop",
  freeSlots: 20,
});

if (import.meta.main) {
  const viewers = Number(process.argv[2] ?? 2_000);
  console.log(`${viewers} viewers told in ${(await killSwitchMs(viewers)).toFixed(0)} ms`);
}

import { expect, test } from "../fixture/index.ts";

const cases = [
  {
    reason: "no-webrtc",
    what: "a page without WebRTC",
    initScript: () => {
      Object.defineProperty(window, "RTCPeerConnection", { value: undefined });
    },
  },
  {
    reason: "insecure-page",
    what: "a page without crypto.subtle",
    initScript: () => {
      Object.defineProperty(crypto, "subtle", { value: undefined });
    },
  },
  {
    reason: "tracker-away",
    what: "a page whose WebSockets are blocked",
    initScript: () => {
      window.WebSocket = class {
        constructor() {
          throw new Error("blocked");
        }
      } as unknown as typeof WebSocket;
    },
  },
] as const;

for (const { reason, what, initScript } of cases) {
  test(`${what} plays as it would alone, and stats say "${reason}"`, async ({ startSwarm }) => {
    const swarm = await startSwarm();
    const viewer = await swarm.open({ initScript });
    const state = await viewer.until("plays", ({ stats, playheadS, bufferedS }) => {
      return playheadS > 0 && bufferedS > 6 && stats?.offReason === reason;
    });
    expect(state.stallMs).toBe(0);
    expect([...state.errors, ...viewer.pageErrors]).toEqual([]);
    expect(state.stats?.peerBytes).toBe(0);
  });
}

test("destroying the player in the middle of its loads leaves no error behind", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  const [stays, goes] = await swarm.openMany(2);
  await goes?.until("loads", ({ stats }) => (stats?.cdnBytes ?? 0) > 0);
  await goes?.page.evaluate(() => window.viewer.destroy());
  await stays?.until("plays on", ({ playheadS }) => playheadS > 4);
  for (const viewer of swarm.viewers) expect([...(await viewer.state()).errors, ...viewer.pageErrors]).toEqual([]);
});

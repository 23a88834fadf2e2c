import type { OriginOptions } from "@shoal/origin";
import { expect, expectUntouchedPlayback, test, untilMeshed } from "../fixture/index.ts";

/** What a CDN may do with a request for the missing part of a segment. */
const SERVERS: Readonly<Record<string, OriginOptions>> = {
  "takes ranges, and exposes no header": { exposeHeaders: false },
  "ignores ranges": { ranges: "ignore" },
  "refuses preflights": { preflight: false },
};

for (const [name, origin] of Object.entries(SERVERS)) {
  test(`peers too slow for the deadline are helped out by a CDN that ${name}`, async ({ startSwarm }) => {
    const swarm = await startSwarm({ origin });
    const takers = { crossOrigin: true, level: 2, shoal: { sharing: "download" } } as const;
    await swarm.open({ ...takers, shoal: { maxUploadBytesPerSecond: 60_000 } });
    await swarm.openMany(2, takers);
    await untilMeshed(swarm);
    await swarm.play(20);
    await expectUntouchedPlayback(swarm);
    const [giver, ...others] = await swarm.mark();
    expect(giver?.stats?.uploadedBytes).toBeGreaterThan(0);
    for (const { stats } of others) expect(stats?.rescues).toBeGreaterThan(0);
  });
}

test("a CDN that fails for everybody for a while leaves nobody behind", async ({ startSwarm }) => {
  const swarm = await startSwarm();
  await swarm.openMany(3);
  await untilMeshed(swarm);
  await swarm.play(6);
  swarm.origin.setFault({ kind: "status", status: 503, filter: { media: true } });
  await swarm.play(20);
  swarm.origin.setFault({ kind: "none" });
  for (const viewer of swarm.viewers) {
    const { playheadS } = await viewer.state();
    await viewer.until("plays on", (state) => state.playheadS > playheadS + 4);
  }
  for (const { played } of await swarm.mark()) expect(swarm.bytes.wrong(played)).toEqual([]);
});

import { expect, it } from "vitest";
import { draws, replay } from "./replay.ts";

const peer = (n: number): string => n.toString(16).padStart(32, "0");

/** A log of so many viewers of four ISPs, each of whom asks at once; then everybody leaves. */
function logOf(viewers: number): string[] {
  const random = draws(3);
  const lines: object[] = [];
  for (let n = 0; n < viewers; n++) {
    const isp = `as:${Math.floor(random() * 4)}`;
    const entry = {
      peerId: peer(n),
      isp,
      tracks: ["00000000000000aa"],
      device: "desktop",
      sharing: "full",
      freeSlots: 20,
    };
    lines.push({
      t: n * 20,
      s: "acme/live",
      e: "join",
      entry: { ...entry, withheld: false, country: null, nat: "cone" },
    });
    lines.push({ t: n * 20, s: "acme/live", e: "want", peerId: peer(n), count: 24 });
    lines.push({
      t: n * 20 + 5,
      s: "acme/live",
      e: "status",
      peerId: peer(n),
      patch: { nat: n % 5 ? "cone" : "symmetric" },
    });
  }
  for (let n = 0; n < viewers; n++) lines.push({ t: 100_000 + n, s: "acme/live", e: "leave", peerId: peer(n) });
  return lines.map((line) => JSON.stringify(line));
}

it("says what a recorded audience becomes at its largest, the same each time", () => {
  const log = logOf(500);
  const first = replay(log, 1);
  expect(first).toMatchObject({ lines: 2_000, skipped: 0 });
  const [swarm] = first.swarms;
  expect(swarm).toMatchObject({
    swarm: "acme/live",
    joins: 500,
    mostViewers: 500,
    atPeak: { viewers: 500, components: 1 },
  });
  expect(swarm?.offeredSameIsp).toBeGreaterThan(0.65);
  expect(replay(log, 1)).toEqual(first);
});

it("shows what a change of the score would change", () => {
  const log = logOf(500);
  const blind = {
    site: 0,
    playhead: 0,
    isp: 0,
    track: 0,
    region: 0,
    device: 0,
    slots: 1,
    nat: 0,
    proven: 0,
    takesOnly: 0,
    failed: 0,
  };
  const share = (options: object): number => replay(log, 1, options).swarms[0]?.atPeak.sameIsp ?? 0;
  expect(share({})).toBeGreaterThan(share({ weights: blind, elsewhere: 0.8 }) + 0.2);
});

it("skips what is no line of a log", () => {
  const log = [
    ...logOf(3),
    "{",
    "null",
    "7",
    '{"t":1,"s":"x","e":"join","entry":{}}',
    '{"t":1,"s":"x","e":"leave","peerId":"y"}',
    "",
  ];
  expect(replay(log)).toMatchObject({ lines: 17, skipped: 5 });
});

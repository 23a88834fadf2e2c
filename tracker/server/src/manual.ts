import { describeVariables, markdownTable, SEALER_VARIABLES } from "@shoal/sealer";
import { TRACKER_VARIABLES } from "./config.ts";

const HTTP_PATHS = [
  ["path", "what"],
  ["`/livez`, `/readyz`", "Alive; takes viewers (503 while it is full or shuts down)."],
  [
    "`/metrics`",
    "Prometheus metrics, `shoal_tracker_` and `shoal_sealer_`. Keep it from the public, or give it `SHOAL_METRICS_PORT`.",
  ],
  [
    "`POST /admin/config`, `GET`",
    'Remote configuration such as `{"sharing": "off"}`, with rules for some viewers only (docs/security.md), with the bearer token.',
  ],
  ["`GET /debug/match?swarm=…&peer=…`", "Why a viewer meets whom it meets (docs/matching.md), with the bearer token."],
  [
    "`GET /v1/assign?content=…&peer=…`",
    "Where a viewer connects, under which shard key, after how long; 503 with `retryAfterMs` while no more are taken.",
  ],
  ["`/`", "How this tracker stands, for people: viewers, swarms, ISP groups, offload as viewers report it."],
  ["`GET /v1/seal?swarm=…&segment=…`", "Of the sealer: one seal, binary; 404 where there is none."],
];

/** What `tracker --help` prints and the README holds: every variable, from the tables that read them. */
export function manual(): string {
  const shared = new Set(Object.values(TRACKER_VARIABLES).map((row) => row.name as string));
  const ofSealer = Object.fromEntries(Object.entries(SEALER_VARIABLES).filter(([, row]) => !shared.has(row.name)));
  return `# tracker

Introduces the viewers of a stream to each other and hands out the sealer's seals. \`npx @shoal/tracker\` starts two
processes, the tracker and the sealer, starts again whichever of them dies, and ends both on SIGTERM. With
\`SHOAL_SEALER_URL\` it starts the tracker alone. Everything is set by environment variables; a wrong value is named and
nothing starts.

\`\`\`sh
SHOAL_OPEN=1 SHOAL_MEDIA_BASE=https://cdn.example/live/ npx @shoal/tracker
\`\`\`

\`SHOAL_OPEN=1\` lets anybody join. Else viewers come with tokens that you sign: [docs/security.md](../../docs/security.md)
says how, in ten lines, and how viewers are steered while they play; [docs/matching.md](../../docs/matching.md) says who
meets whom, and where ISP, country and NAT come from.

Several pods, HAProxy and Redis, capacity and drain: [docs/operate.md](../../docs/operate.md).

## The tracker

${describeVariables(TRACKER_VARIABLES)}

## The sealer

${describeVariables(ofSealer)}

## HTTP

${markdownTable(HTTP_PATHS)}

## Who is given a seal

A new seal goes to one of each hundred viewers of a cluster (a track in an ISP group), to four of it at most and to four of
a track at least; those who announced the segment first. Peers carry it on. A viewer that joins, changes its track, or
announces a segment is given every recent seal that fewer of its cluster have: the first viewer of a cluster gets the
window, the fifth nothing.

## ISP groups

The ISP is what a trusted proxy's header says, else what the MMDB files say, else the address' IPv4 /16 or IPv6 /32.
Addresses are neither logged nor kept.
`;
}

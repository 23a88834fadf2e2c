export { Audience, type Mesh } from "./audience.ts";
export type { Entry, EntryPatch, Inside } from "./entry.ts";
export { ispGroupOf, subscriberOf } from "./isp.ts";
export { ROSTER_DEFAULTS, type RosterNotice, Rosters, type RosterViewer } from "./rosters.ts";
export { SCORE_WEIGHTS, type ScoreParts, type ScoreWeights } from "./score.ts";
export { type Holder, holdersOf, MOST_HOLDERS, sealHolders } from "./seal-holders.ts";
export { type Explanation, MATCHING_DEFAULTS, SwarmTable } from "./swarm-table.ts";

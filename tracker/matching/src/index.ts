export { ispGroupOf, subscriberOf } from "./isp.ts";
export { ROSTER_DEFAULTS, type RosterNotice, Rosters, type RosterViewer } from "./rosters.ts";
export { HOLDERS_PER_CLUSTER, type Holder, sealHolders } from "./seal-holders.ts";
export { type Entry, type EntryPatch, MATCHING_DEFAULTS, SwarmTable } from "./swarm-table.ts";

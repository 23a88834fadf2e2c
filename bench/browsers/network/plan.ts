import { ACCESS, type AccessName } from "./access.ts";

/**
 * How a home's router maps addresses: not at all; the same port for whoever is spoken to, open only to those who were
 * spoken to; or another port for each of them.
 */
export type Nat = "none" | "cone" | "symmetric";

/** Where the viewers of a scenario live; taken by viewers in turn. */
export interface Homes {
  readonly access: readonly AccessName[];
  readonly nat: readonly Nat[];
}

/** Address of the origin, the tracker and the STUN server; it and all homes are in a network of the bench's own. */
export const SERVERS_HOST = "10.213.0.1";
/** Fixed, so that browsers can be told to treat its pages as secure. */
export const ORIGIN_PORT = 8_080;
export const STUN_PORT = 3_478;

export const homeOf = (viewer: number): string => `home-${viewer}`;

/** How the nth viewer's router maps addresses. */
export const natOf = (viewer: number, { nat }: Homes): Nat => nat[viewer % nat.length] ?? "none";

/** Whether any home is behind NAT, so that viewers need a STUN server. */
export const behindNat = ({ nat }: Homes): boolean => nat.some((one) => one !== "none");

type Command = readonly string[];

/** What a line of the plan may wait in its queue before it drops. */
const QUEUE_MS = 100;
const LEAST_BURST_BYTES = 8_000;

/** The commands that lay a network for so many viewers: a bridge with the servers, and a line from it to each home. */
export function networkCommands(homes: Homes, viewers: number): readonly Command[] {
  return [
    ...words(
      "ip link set lo up",
      "ip link add internet type bridge",
      `ip addr add ${SERVERS_HOST}/16 dev internet`,
      "ip link set internet up",
    ),
    ...Array.from({ length: viewers }, (_, viewer) => homeCommands(viewer, homes)).flat(),
  ];
}

function homeCommands(viewer: number, homes: Homes): readonly Command[] {
  const nat = natOf(viewer, homes);
  const access = homes.access[viewer % homes.access.length] ?? "fibre";
  const home = homeOf(viewer);
  if (nat === "none") return lineCommands(viewer, home, access);
  const router = `router-${viewer}`;
  const lan = `192.168.${viewer + 1}`;
  return [
    ...lineCommands(viewer, router, access),
    ...words(
      `ip netns add ${home}`,
      `ip -n ${router} link add lan type veth peer name eth0 netns ${home}`,
      `ip -n ${router} addr add ${lan}.1/24 dev lan`,
      `ip -n ${router} link set lan up`,
      `ip -n ${home} link set lo up`,
      `ip -n ${home} addr add ${lan}.2/24 dev eth0`,
      `ip -n ${home} link set eth0 up`,
      `ip -n ${home} route add default via ${lan}.1`,
      `ip netns exec ${router} sysctl -qw net.ipv4.ip_forward=1`,
    ),
    ["ip", "netns", "exec", router, "nft", natRules(nat)],
  ];
}

/** A namespace at the end of a line of its own, which is shaped at both ends. */
function lineCommands(viewer: number, edge: string, access: AccessName): readonly Command[] {
  const { downBps, upBps } = ACCESS[access];
  return words(
    `ip netns add ${edge}`,
    `ip link add line-${viewer} type veth peer name eth0 netns ${edge}`,
    `ip link set line-${viewer} master internet up`,
    `ip -n ${edge} link set lo up`,
    `ip -n ${edge} addr add 10.213.1.${viewer + 1}/16 dev eth0`,
    `ip -n ${edge} link set eth0 up`,
    `ip -n ${edge} route add default via ${SERVERS_HOST}`,
    `tc -n ${edge} qdisc add dev eth0 root tbf ${shape(upBps)}`,
    `tc qdisc add dev line-${viewer} root tbf ${shape(downBps)}`,
  );
}

function shape(bps: number): string {
  const burstBytes = Math.max(LEAST_BURST_BYTES, Math.round(bps / 8 / 100));
  return `rate ${Math.round(bps)}bit burst ${burstBytes} latency ${QUEUE_MS}ms`;
}

// What comes unasked is dropped before the router remembers it: else it would take the port that a home's own packet to
// the same viewer is about to need, and that packet would get another.
function natRules(nat: Nat): string {
  const how = nat === "symmetric" ? "masquerade fully-random" : "masquerade persistent";
  return `table ip home {
    chain out { type nat hook postrouting priority srcnat; oifname "eth0" ${how}; }
    chain in { type filter hook input priority filter; iifname "eth0" ct state new drop; }
    chain through { type filter hook forward priority filter; iifname "eth0" ct state new drop; }
  }`;
}

const words = (...lines: readonly string[]): readonly Command[] => lines.map((line) => line.split(" "));

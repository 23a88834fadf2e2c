import type { IceServer } from "@shoal/protocol";
import {
  anyText,
  commaList,
  defaultsOf,
  flag,
  json,
  LOG_LEVELS,
  type LogLevel,
  type OptionsOf,
  oneOfWords,
  readEnvironment,
  variable,
  wholeNumber,
} from "@shoal/sealer";

import { NO_CONFIG, type OperatorConfig, readOperatorConfig } from "./steering/operator-config.ts";

function readIceServers(value: unknown): readonly IceServer[] | undefined {
  if (!Array.isArray(value) || value.length > 16) return undefined;
  const servers: IceServer[] = [];
  for (const item of value) {
    const { urls, username, credential } = (item ?? {}) as Record<string, unknown>;
    const list = typeof urls === "string" ? [urls] : urls;
    if (!Array.isArray(list) || !list.every((url) => typeof url === "string")) return undefined;
    servers.push({
      urls: list,
      username: typeof username === "string" ? username : null,
      credential: typeof credential === "string" ? credential : null,
    });
  }
  return servers;
}

const ports = {
  expected: "one or two ports with a comma between",
  read: (text: string) => {
    const numbers = text.split(",").map((part) => Number(part.trim()));
    const fit = numbers.length <= 2 && numbers.every((port) => Number.isInteger(port) && port >= 0 && port < 65_536);
    return fit ? numbers : undefined;
  },
};

function listsOf<T>(value: unknown, isItem: (item: unknown) => item is T): Record<string, readonly T[]> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const lists = Object.entries(value);
  if (!lists.every(([, list]) => Array.isArray(list) && list.every(isItem))) return undefined;
  return Object.fromEntries(lists) as Record<string, readonly T[]>;
}

const isAsn = (item: unknown): item is number => Number.isInteger(item) && (item as number) > 0;

const operatorConfig = json<OperatorConfig>('JSON such as {"sharing":"full","maxPeers":12,"rules":[]}', (value) => {
  const read = readOperatorConfig(value);
  return read.ok ? read.value : undefined;
});

function readShards(value: unknown): Readonly<Record<string, number>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const isCount = (count: unknown): boolean => Number.isInteger(count) && Number(count) > 0 && Number(count) <= 65_536;
  return Object.values(value).every(isCount) ? (value as Readonly<Record<string, number>>) : undefined;
}

const SOCKET_SERVERS = ["socket.io", "ws"] as const;
export type SocketServer = (typeof SOCKET_SERVERS)[number];

/** Every variable of the tracker: the only place where its name, default and meaning stand. */
export const TRACKER_VARIABLES = {
  host: variable("SHOAL_HOST", anyText, "0.0.0.0", "Address to listen on."),
  port: variable("SHOAL_PORT", wholeNumber(0, 65_535), 8_000, "Port to listen on; 0 takes a free one."),
  open: variable("SHOAL_OPEN", flag, false, "Anybody may join without a token. Without it a join needs one."),
  tokenKeys: variable(
    "SHOAL_TOKEN_KEYS",
    anyText,
    "",
    'Keys that sign viewers\' tokens, by tenant: JSON such as {"my-tenant":[{"kty":"oct","kid":"1","k":"…"}]} (a list of JWK: `oct` for HS256, public `EC` P-256 for ES256), or the path of a file with it, which is read again when it changes.',
  ),
  tenant: variable(
    "SHOAL_TENANT",
    anyText,
    "",
    "Tenant of viewers without a token: prefix of their swarms' ids. Others have the tenant of their token.",
  ),
  allowOrigins: variable<readonly string[]>(
    "SHOAL_ALLOW_ORIGINS",
    commaList,
    ["*"],
    "Origins of the pages whose viewers may connect; apps send none and always may.",
  ),
  sealerUrl: variable(
    "SHOAL_SEALER_URL",
    anyText,
    "",
    "Address of a sealer that runs elsewhere, or of its replicas with commas between, in the same order for every pod. Without it the command starts one beside the tracker.",
  ),
  sealerSecret: variable("SHOAL_SEALER_SECRET", anyText, "", "Secret that tracker and sealer share."),
  sealUrl: variable(
    "SHOAL_SEAL_URL",
    anyText,
    "",
    "Public address of the sealer's `/v1/seal`, told to viewers: where seals are had while the tracker is away. With replicas one for each, in their order.",
  ),
  iceServers: variable<readonly IceServer[]>(
    "SHOAL_ICE_SERVERS",
    json('a JSON list such as [{"urls":["stun:stun.example:3478"]}]', readIceServers),
    [],
    "ICE servers that viewers use. There is no public default.",
  ),
  stunHost: variable(
    "SHOAL_STUN_HOST",
    anyText,
    "",
    "Public name or address under which viewers reach this tracker's STUN server; without it, none runs.",
  ),
  stunPorts: variable<readonly number[]>(
    "SHOAL_STUN_PORTS",
    ports,
    [3_478, 3_479],
    "UDP ports of the STUN server; two of them tell a viewer whether its NAT is symmetric.",
  ),
  turnUrls: variable<readonly string[]>(
    "SHOAL_TURN_URLS",
    commaList,
    [],
    "TURN servers for viewers, such as `turn:turn.example:3478?transport=udp`. They carry media at your cost: off by default.",
  ),
  turnSecret: variable(
    "SHOAL_TURN_SECRET",
    anyText,
    "",
    "Secret shared with the TURN servers (coturn's `static-auth-secret`): viewers get credentials that expire.",
  ),
  turnTtlSeconds: variable(
    "SHOAL_TURN_TTL_SECONDS",
    wholeNumber(60, 604_800),
    86_400,
    "How long TURN credentials are good, seconds.",
  ),
  remoteConfig: variable<OperatorConfig>(
    "SHOAL_REMOTE_CONFIG",
    operatorConfig,
    NO_CONFIG,
    "What every viewer is told to do until `POST /admin/config` says otherwise.",
  ),
  adminToken: variable(
    "SHOAL_ADMIN_TOKEN",
    anyText,
    "",
    "Bearer token of `/admin/config` and `/debug/match`; without it, both are off.",
  ),
  maxSockets: variable(
    "SHOAL_MAX_SOCKETS",
    wholeNumber(1, 1_000_000),
    10_000,
    "Viewers this process takes; the next one is told to come back later.",
  ),
  maxSocketsPerAddress: variable(
    "SHOAL_MAX_SOCKETS_PER_ADDRESS",
    wholeNumber(1, 1_000_000),
    2_000,
    "Viewers behind one IPv4 address or IPv6 /64; an office or a carrier's NAT is thousands.",
  ),
  messagesPerSecond: variable(
    "SHOAL_MESSAGES_PER_SECOND",
    wholeNumber(1, 10_000),
    40,
    "Messages a viewer may send in the long run; more are dropped.",
  ),
  messageBurst: variable(
    "SHOAL_MESSAGE_BURST",
    wholeNumber(1, 100_000),
    240,
    "Messages a viewer may send at once; a join with 24 candidates needs about 100.",
  ),
  ispHeader: variable(
    "SHOAL_ISP_HEADER",
    anyText,
    "",
    "How a trusted proxy names the viewer's ISP and country: `cloudfront`, `akamai`, `fastly`, `cloudflare`, or the name of a header with an AS number or a name.",
  ),
  mmdb: variable<readonly string[]>(
    "SHOAL_MMDB",
    commaList,
    [],
    "Paths of MMDB files with AS numbers, countries or regions; read again when they change. None is shipped.",
  ),
  ispSiblings: variable<Readonly<Record<string, readonly number[]>>>(
    "SHOAL_ISP_SIBLINGS",
    json('JSON such as {"my-telco":[64500,64501]}', (value) => listsOf(value, isAsn)),
    {},
    "AS numbers that belong to one operator: their viewers are one ISP group.",
  ),
  sites: variable<Readonly<Record<string, readonly string[]>>>(
    "SHOAL_SITES",
    json('JSON such as {"head-office":["203.0.113.0/24"]}', (value) =>
      listsOf(value, (item) => typeof item === "string"),
    ),
    {},
    "Addresses and CIDRs of offices or venues: viewers of one site meet first.",
  ),
  trustedProxies: variable<readonly string[]>(
    "SHOAL_TRUSTED_PROXIES",
    commaList,
    [],
    "CIDRs of proxies whose `X-Forwarded-For` and ISP header are believed.",
  ),
  ispFromQuery: variable(
    "SHOAL_ISP_FROM_QUERY",
    flag,
    false,
    "Tests and demos only: the viewer names its ISP itself (`isp=` in the socket's URL).",
  ),
  joinsPerSecond: variable(
    "SHOAL_JOINS_PER_SECOND",
    wholeNumber(0, 100_000),
    2_000,
    "Joins a second that this process takes at most; it begins at 400 and finds what it can. 0: as many as come.",
  ),
  maxLoopDelayMs: variable(
    "SHOAL_MAX_LOOP_DELAY_MS",
    wholeNumber(0, 60_000),
    100,
    "Fewer joins are taken while the event loop is later than this, milliseconds; 0: whatever it is.",
  ),
  maxResidentMb: variable(
    "SHOAL_MAX_RESIDENT_MB",
    wholeNumber(0, 1_000_000),
    0,
    "Nobody is taken in while the process holds more memory than this, MB; 0: whatever it holds.",
  ),
  requireAssign: variable(
    "SHOAL_REQUIRE_ASSIGN",
    flag,
    false,
    "Only viewers that asked `GET /v1/assign` before may connect.",
  ),
  assignSecret: variable(
    "SHOAL_ASSIGN_SECRET",
    anyText,
    "",
    "Secret that all pods share, with which one pod lets viewers in at another. Without it each pod believes only itself.",
  ),
  publicUrl: variable("SHOAL_PUBLIC_URL", anyText, "", "Where assigned viewers connect; without it, where they asked."),
  redisUrl: variable(
    "SHOAL_REDIS_URL",
    anyText,
    "",
    "Redis through which pods reach each other, such as `redis://host:6379`. Without it this pod is alone.",
  ),
  redisPrefix: variable("SHOAL_REDIS_PREFIX", anyText, "shoal", "First part of the names of Redis channels."),
  pod: variable("SHOAL_POD", anyText, "", "Name of this pod among the others; without it one is drawn."),
  divideFrom: variable(
    "SHOAL_DIVIDE_FROM",
    wholeNumber(2, 100_000_000),
    3_000,
    "Viewers from which on a swarm is divided into shards.",
  ),
  shardViewers: variable("SHOAL_SHARD_VIEWERS", wholeNumber(2, 10_000_000), 4_000, "Viewers of one shard, about."),
  plannedShards: variable<Readonly<Record<string, number>>>(
    "SHOAL_PLANNED_SHARDS",
    json('JSON such as {"live/final":128}', readShards),
    {},
    "Shards of contents that will be large, by content id: they are divided from the first viewer on.",
  ),
  drainDelayMs: variable(
    "SHOAL_DRAIN_DELAY_MS",
    wholeNumber(0, 600_000),
    5_000,
    "On SIGTERM viewers are asked to move after so long: load balancers have seen `/readyz` fail by then.",
  ),
  drainWindowMs: variable(
    "SHOAL_DRAIN_WINDOW_MS",
    wholeNumber(0, 3_600_000),
    120_000,
    "Each viewer moves at a moment of its own within this time; then the process ends.",
  ),
  maxAgeMinutes: variable(
    "SHOAL_MAX_AGE_MINUTES",
    wholeNumber(0, 100_000),
    180,
    "Connections are asked to move after about so long, so that new pods fill; 0: never. A pod that is alone asks nobody.",
  ),
  metricsPort: variable(
    "SHOAL_METRICS_PORT",
    wholeNumber(0, 65_535),
    0,
    "Port of `/metrics` alone, kept from the public; 0: on the port of the rest.",
  ),
  otlpEndpoint: variable(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    anyText,
    "",
    "OpenTelemetry collector (OTLP over HTTP) for traces of joins and assignments. Without it none are made.",
  ),
  traceShare: variable(
    "SHOAL_TRACE_PER_MILLE",
    wholeNumber(0, 1_000),
    5,
    "Of a thousand joins and assignments so many are traced.",
  ),
  socketServer: variable<SocketServer>(
    "SHOAL_SOCKET_SERVER",
    oneOfWords(SOCKET_SERVERS),
    "socket.io",
    "What speaks socket.io's protocol with viewers: socket.io's own server, or `ws`, the same packets over plain `ws`. Take `ws` for large events: joins cost it less CPU, viewers less memory (docs/operate.md).",
  ),
  joinLog: variable(
    "SHOAL_JOIN_LOG",
    anyText,
    "",
    "File to which joins, changes and leaves are appended, without addresses, for `npm run replay`; without it, none is kept.",
  ),
  logLevel: variable<LogLevel>("SHOAL_LOG_LEVEL", oneOfWords(LOG_LEVELS), "info", "Least level that is logged."),
} as const;

/** Options of a tracker. */
export type TrackerOptions = OptionsOf<typeof TRACKER_VARIABLES>;

/** The options where nothing is set. */
export const TRACKER_DEFAULTS: TrackerOptions = defaultsOf(TRACKER_VARIABLES);

/** Options from environment variables. @throws ConfigError that names the variable and what it must be */
export function trackerOptionsFrom(environment: Readonly<Record<string, string | undefined>>): TrackerOptions {
  return readEnvironment(TRACKER_VARIABLES, environment);
}

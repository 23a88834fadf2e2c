import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Join,
  type PeerId,
  type RefusalCode,
  type RemoteConfig,
  readJoin,
  type SwarmId,
  TRACKER_EVENTS,
  TRACKER_VERSION,
  type Welcome,
} from "@shoal/protocol";
import { createLog } from "@shoal/sealer";
import { AddressLimit } from "./address-limit.ts";
import { AdmissionControl, retryAfterMs } from "./admission/admission.ts";
import { type AssignSide, answerAssign } from "./admission/assign-route.ts";
import { AssignTokens } from "./admission/assign-token.ts";
import { LoadGauge } from "./admission/load-gauge.ts";
import { TRACKER_DEFAULTS, type TrackerOptions } from "./config.ts";
import { Gate } from "./gate/gate.ts";
import { createHttpHandler, createMetricsHandler } from "./http.ts";
import { joinLogTo } from "./matching/join-log.ts";
import { createMetrics } from "./metrics.ts";
import { excessOf, Moves } from "./moves.ts";
import { hasRelays, iceServersFor } from "./nat/ice-servers.ts";
import { startStun } from "./nat/stun-server.ts";
import { PlaceReader } from "./place/place-reader.ts";
import { localRelay } from "./relay/local-relay.ts";
import { Pods, TELL_MS } from "./relay/pods.ts";
import { RedisRelay } from "./relay/redis-relay.ts";
import type { Relay } from "./relay/relay.ts";
import { ShardMap } from "./shards/shard-map.ts";
import { socketIoServer } from "./sockets/socket-io-server.ts";
import {
  type Arrival,
  RefusedJoin,
  VIEWER_SERVER_DEFAULTS,
  type ViewerHandlers,
  type ViewerServer,
  type ViewerSocket,
} from "./sockets/viewer-server.ts";
import { wireServer } from "./sockets/wire-server.ts";
import { factsOf } from "./status/facts.ts";
import { statusPage } from "./status/status-page.ts";
import { type OperatorConfig, readOperatorConfig } from "./steering/operator-config.ts";
import { steer } from "./steering/push.ts";
import { policyFor, toldOf } from "./steering/steering.ts";
import { Swarms } from "./swarms.ts";
import { openTracing } from "./tracing/tracing.ts";
import type { Send } from "./viewer.ts";
import { type Admission, countCandidates, MAX_CANDIDATES, type Rim, serveViewer } from "./viewer-socket.ts";

/** A running tracker. */
export interface Tracker {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Pushes a remote configuration to every viewer, now and at each join to come. */
  setConfig(config: RemoteConfig): void;
  /** The same with rules: each viewer is told what is in force for it, where that has changed. */
  applyConfig(config: OperatorConfig): void;
  /** Asks all viewers to move to other pods, waits until they have or the window is over, and closes. */
  drain(): Promise<void>;
  /** Refuses new viewers, closes all sockets, stops. May be called twice. */
  close(): Promise<void>;
}

/** Randomness and time, given in from outside by tests. */
export interface TrackerWorld {
  readonly now?: () => number;
  readonly random?: () => number;
  /** Takes one line of the log. */
  readonly writeLog?: (line: string) => void;
  /** How other pods are reached; by default Redis where one is configured. */
  readonly relay?: Relay;
}

/** Rosters are looked at this often, milliseconds. */
const REVIEW_MS = 2_000;
/** While a pod drains it looks this often whether all have gone, milliseconds; */
const DRAIN_LOOK_MS = 100;
/** and waits so long beyond the window for those who were told "not now" elsewhere. The chart gives it 10 s more. */
const DRAIN_GRACE_MS = 25_000;
/** Connections that wait to be accepted: beyond it the system drops them, and their browsers try again after a second, then three. */
const BACKLOG = 8_192;
const TOO_MANY = "Too many viewers behind one address.";

/** Starts a tracker. @throws ConfigError, or what `listen` throws (a port that is taken) */
export async function startTracker(given: Partial<TrackerOptions> = {}, world: TrackerWorld = {}): Promise<Tracker> {
  const options: TrackerOptions = { ...TRACKER_DEFAULTS, ...given };
  const now = world.now ?? Date.now;
  const random = world.random ?? Math.random;
  const log = createLog("tracker", options.logLevel, world.writeLog);
  const places = new PlaceReader(options, log);
  const gate = await Gate.open(options, log);
  const metrics = createMetrics();
  const addresses = new AddressLimit(options.maxSocketsPerAddress);
  const { sealerUrl, sealerSecret, messagesPerSecond, messageBurst } = options;
  const sealUrls = listOf(options.sealUrl);
  let config = options.remoteConfig;
  const pod = options.pod === "" ? `pod-${randomBytes(4).toString("hex")}` : options.pod;
  const tracing = await openTracing(options.otlpEndpoint, options.traceShare / 1_000, { pod }, random, log);
  let draining = false;
  let connections = 0;
  let sessions = 0;

  const applyConfig = (next: OperatorConfig) => {
    steerAll(next);
    pods.configured(next);
  };
  const steerAll = (next: OperatorConfig) => {
    config = next;
    metrics.configPushes.inc();
    const { sharing, maxPeers, memoryBytes, rules } = next;
    log.info("config", { sharing, maxPeers, memoryBytes, rules: rules.map(({ name }) => name).join(", ") });
    for (const swarm of swarms.all()) {
      const told = steer(swarm, config, now());
      metrics.configTold.inc(told.viewers);
      if (told.changed) swarms.changed(swarm);
    }
  };
  const setConfig = (next: RemoteConfig) => applyConfig({ ...next, rules: [] });
  const collect = () => {
    metrics.connections.set(connections);
    metrics.addresses.set(addresses.size);
    metrics.draining.set(draining ? 1 : 0);
    metrics.joinRate.set(admission.rate);
    metrics.loopDelay.set(gauge.load.loopDelayMs / 1_000);
    metrics.pods.set(pods.count);
    metrics.relayConnected.set(relay.isConnected ? 1 : 0);
    if (relay instanceof RedisRelay) metrics.relayDropped.set(relay.dropped);
  };
  const http = createServer(
    createHttpHandler({
      metrics,
      adminToken: options.adminToken,
      notReady: () => (draining ? "draining" : connections >= options.maxSockets ? "full" : null),
      config: () => config,
      applyConfig,
      explain: (swarm, peerId, count) =>
        swarms.get(swarm as SwarmId)?.explain(peerId as PeerId, count, now(), random) ?? null,
      assign: (request, response) => answerAssign(request, response, assignSide),
      statusPage: () => describeTracker(),
      servesMetrics: options.metricsPort === 0,
      collect,
    }),
  );
  const joinLog = options.joinLog === "" ? null : joinLogTo(options.joinLog, log);
  const swarms = new Swarms({
    sealerUrls: listOf(sealerUrl),
    sealerSecret,
    metrics,
    log,
    relays: hasRelays(options),
    joinLog,
  });
  const relay =
    world.relay ??
    (options.redisUrl === "" ? localRelay(pod) : new RedisRelay(options.redisUrl, pod, options.redisPrefix, log));
  const shards = new ShardMap({
    divideFrom: options.divideFrom,
    shardViewers: options.shardViewers,
    planned: options.plannedShards,
  });
  const pods = new Pods({
    ...{ relay, swarms, shards, metrics, now, random },
    sockets: () => connections,
    isDraining: () => draining,
    applyConfig: (value) => {
      const read = readOperatorConfig(value);
      if (read.ok) steerAll(read.value);
      else log.warn("config-of-pod", { reason: read.reason });
    },
  });
  const admission = new AdmissionControl(
    {
      maxSockets: options.maxSockets,
      joinsPerSecond: options.joinsPerSecond,
      maxLoopDelayMs: options.maxLoopDelayMs,
      maxResidentBytes: options.maxResidentMb * 1e6,
    },
    random,
  );
  const gauge = new LoadGauge(
    () => connections,
    (load) => admission.look(load),
  );
  const assignTokens = new AssignTokens(options.assignSecret);
  const moves = new Moves(options.maxAgeMinutes * 60_000, random, (count) => metrics.moves.inc(count));
  const assignSide: AssignSide = {
    allowOrigins: options.allowOrigins,
    publicUrl: options.publicUrl,
    ispOf: ({ headers, socket }, query) =>
      places.read(socket.remoteAddress ?? "", headers, query.get("isp") ?? undefined).isp,
    isLeaving: () => draining,
    assign: () => admission.assign(gauge.load, now()),
    keyOf: (contentId, isp, spread) => shards.keyOf(contentId, isp, spread),
    sign: (shard, delayMs) => assignTokens.sign(shard, now() + delayMs),
    counted: (result, startedMs, shard) => {
      metrics.assigned.inc({ result });
      tracing.ended("assign", startedMs, { result, shard });
    },
  };
  const rim: Rim = { swarms, pods, metrics, log, now, random, messagesPerSecond, messageBurst };

  const refuse = (code: RefusalCode, message: string): RefusedJoin => {
    metrics.rejected.inc({ reason: code });
    metrics.joins.inc({ result: "refused" });
    return new RefusedJoin({ code, message, retryAfterMs: retryAfterMs(random) });
  };

  // A browser opens a WebSocket without asking CORS: the origin is checked here.
  const refuseUpgrade: ViewerHandlers<Admission>["refuseUpgrade"] = ({ url = "", headers: { origin } }) => {
    const { allowOrigins, maxSockets, requireAssign } = options;
    if (origin !== undefined && !allowOrigins.includes("*") && !allowOrigins.includes(origin)) return 403;
    if (draining) return 503;
    const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
    const isAssigned = assignTokens.verify(query.get("sk") ?? "", query.get("at") ?? "", now());
    if (requireAssign && !isAssigned) return 403;
    // Sockets that have not joined yet count as well, up to as many again: a refusal needs a socket to arrive on.
    const load = { ...gauge.load, sockets: sockets.size < 2 * maxSockets + 16 ? 0 : maxSockets };
    const reason = admission.enter(load, isAssigned, now());
    if (reason === null) {
      metrics.admitted.inc();
      return null;
    }
    metrics.rejected.inc({ reason });
    return 503;
  };

  const admit = async ({ remoteAddress, headers, query, auth }: Arrival): Promise<Admission | RefusedJoin> => {
    const startedMs = performance.now();
    if (draining) return refuse("draining", "This tracker is shutting down.");
    if (connections >= options.maxSockets) return refuse("too-busy", "This tracker takes no more viewers for now.");
    const { address, ...place } = places.read(remoteAddress, headers, query.isp);
    const addressKey = addresses.keyOf(address);
    const read = readJoin(auth);
    if (!read.ok) return refuse("bad-join", read.reason);
    const join: Join = read.value.message;
    if (join.version !== TRACKER_VERSION) {
      return refuse("other-version", `This tracker speaks version ${TRACKER_VERSION}.`);
    }
    if (join.contentId === "") return refuse("bad-join", "The content id is empty.");
    if (read.value.unknownFields > 0) metrics.unknownFields.inc(read.value.unknownFields);
    const isCrowded = addresses.isFull(addressKey);
    // A token of one's own lifts the limit; one that is for many, or none, does not.
    if (isCrowded && join.token === null) return refuse("too-many-sockets", TOO_MANY);
    const visit = await gate.check(join, now());
    if (!visit.ok) return refuse(visit.code, visit.reason);
    if (isCrowded && !visit.value.claims?.tokenId) return refuse("too-many-sockets", TOO_MANY);
    const inUse = gate.enter(visit.value, join.peerId);
    if (inUse !== null) return refuse("bad-token", inUse);
    return { join, place, addressKey, visit: visit.value, startedMs };
  };

  const joined = (socket: ViewerSocket, { join, place, addressKey, visit, startedMs }: Admission): void => {
    const swarm = swarms.of(visit.tenant, join.contentId);
    if (visit.claims?.mediaBase) swarm.mediaBase = visit.claims.mediaBase;
    const { peerId, contentId, device } = join;
    const { tenant, claims } = visit;
    const { isp, country } = place;
    const policy = policyFor(config, { peerId, contentId, device, tenant, isp, country });
    const send: Send = (event, payload) => socket.emit(event, payload);
    const where = claims?.site ? { ...place, site: claims.site } : place;
    const { viewer, replaced } = swarm.join(join, where, policy, send, now());
    connections++;
    addresses.enter(addressKey);
    moves.enter(viewer, socket, now());
    socket.onClose(() => {
      connections--;
      gate.leave(visit);
      addresses.leave(addressKey);
      moves.leave(viewer);
      if (swarm.leave(viewer, now())) swarms.changed(swarm);
    });
    const near = swarm.candidatesFor(viewer, MAX_CANDIDATES, now(), random);
    const candidates = pods.mixed(swarm, viewer, near, MAX_CANDIDATES);
    const session = `${pod}-${(sessions++).toString(36)}`;
    countCandidates(metrics, candidates);
    const welcome: Welcome = {
      version: TRACKER_VERSION,
      nowMs: now(),
      swarm: swarm.id,
      candidates,
      iceServers: iceServersFor(options, stun?.ports ?? [], peerId, now()),
      sealKeys: swarms.keys,
      sealing: swarm.sealing,
      sealUrl: sealUrls[swarms.replicaOf(swarm.id)] ?? sealUrls[0] ?? null,
      config: toldOf(policy),
      session,
    };
    serveViewer(socket, swarm, viewer, session, rim);
    socket.emit(TRACKER_EVENTS.welcome, welcome);
    metrics.sealsPushed.inc(swarm.topUp(viewer));
    metrics.joins.inc({ result: replaced ? "replaced" : "new" });
    metrics.joinSeconds.observe((performance.now() - startedMs) / 1_000);
    tracing.ended("join", startedMs, { session, result: replaced ? "replaced" : "new", candidates: candidates.length });
    log.debug("joined", { session, swarm: swarm.id, isp: place.isp, device });
    if (replaced) moves.replaced(replaced);
    swarms.changed(swarm);
  };
  const openSockets = options.socketServer === "ws" ? wireServer : socketIoServer;
  const sockets: ViewerServer = openSockets<Admission>(http, VIEWER_SERVER_DEFAULTS, {
    refuseUpgrade,
    admit,
    abandoned: ({ visit }) => gate.leave(visit),
    joined,
  });
  const stun =
    options.stunHost === ""
      ? null
      : await startStun(options.host, options.stunPorts, {
          answered: () => metrics.stun.inc({ outcome: "answered" }),
          dropped: () => metrics.stun.inc({ outcome: "dropped" }),
        });
  const reviewing = setInterval(() => metrics.rosters.inc(swarms.reviewRosters(now())), REVIEW_MS);
  reviewing.unref();
  const telling = setInterval(() => {
    pods.tell();
    for (const swarm of swarms.all()) metrics.shardPeers.observe(swarm.size);
    const others = pods.othersSockets();
    if (!draining && others.length > 0) moves.ask(excessOf(connections, others, TELL_MS), now());
  }, TELL_MS);
  telling.unref();
  const describeTracker = async () =>
    statusPage(await factsOf({ pod, metrics, swarms, pods, relay, admission, gauge, viewers: connections, draining }));

  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen({ port: options.port, host: options.host, backlog: BACKLOG }, resolve);
  });
  const { port } = http.address() as AddressInfo;
  const metricsHttp = options.metricsPort === 0 ? null : createServer(createMetricsHandler({ metrics, collect }));
  await new Promise<void>((resolve, reject) => {
    if (!metricsHttp) return resolve();
    metricsHttp.once("error", reject);
    metricsHttp.listen(options.metricsPort, options.host, resolve);
  });
  const host = options.host === "0.0.0.0" || options.host === "::" ? "127.0.0.1" : options.host;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (options.open) log.warn("open", { message: "SHOAL_OPEN=1: anybody may join without a token." });
  if (options.ispFromQuery)
    log.warn("isp-from-query", { message: "Viewers name their ISP themselves: for tests only." });
  if (sealerUrl === "") log.warn("no-sealer", { message: "Without a sealer nothing is sealed and nothing is shared." });
  log.info("listening", { port });

  let closing: Promise<void> | null = null;
  const close = async () => {
    draining = true;
    clearInterval(reviewing);
    clearInterval(telling);
    gauge.close();
    swarms.close();
    gate.close();
    places.close();
    await sockets.close(1012);
    await pods.close();
    await tracing.close();
    metricsHttp?.close();
    metricsHttp?.closeAllConnections();
    await stun?.close();
    await joinLog?.close();
    http.close();
    http.closeAllConnections();
    log.info("closed");
  };
  const drain = async () => {
    if (draining) return;
    draining = true;
    log.info("draining", { viewers: connections });
    pods.tell();
    const wait = async (ms: number) => {
      for (const untilMs = performance.now() + ms; connections > 0 && performance.now() < untilMs && !closing; ) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(DRAIN_LOOK_MS, ms)));
      }
    };
    await wait(options.drainDelayMs);
    moves.askAll(options.drainWindowMs);
    await wait(options.drainWindowMs + DRAIN_GRACE_MS);
    log.info("drained", { left: connections });
    closing ??= close();
    await closing;
  };
  return {
    url,
    setConfig,
    applyConfig,
    drain,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** A list with commas between. */
const listOf = (text: string): readonly string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

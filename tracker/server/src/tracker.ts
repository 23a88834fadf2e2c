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
import { TRACKER_DEFAULTS, type TrackerOptions } from "./config.ts";
import { Gate } from "./gate/gate.ts";
import { createHttpHandler } from "./http.ts";
import { joinLogTo } from "./matching/join-log.ts";
import { createMetrics } from "./metrics.ts";
import { hasRelays, iceServersFor } from "./nat/ice-servers.ts";
import { startStun } from "./nat/stun-server.ts";
import { PlaceReader } from "./place/place-reader.ts";
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
import type { OperatorConfig } from "./steering/operator-config.ts";
import { steer } from "./steering/push.ts";
import { policyFor } from "./steering/steering.ts";
import { Swarms } from "./swarms.ts";
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
  /** Refuses new viewers, closes all sockets, stops. May be called twice. */
  close(): Promise<void>;
}

/** Randomness and time, given in from outside by tests. */
export interface TrackerWorld {
  readonly now?: () => number;
  readonly random?: () => number;
  /** Takes one line of the log. */
  readonly writeLog?: (line: string) => void;
}

/** A refused viewer waits at least this long, and up to as long again, milliseconds. */
const RETRY_AFTER_MS = 30_000;
/** Rosters are looked at this often, milliseconds. */
const REVIEW_MS = 2_000;
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
  let config = options.remoteConfig;
  let draining = false;
  let connections = 0;

  const applyConfig = (next: OperatorConfig) => {
    config = next;
    metrics.configPushes.inc();
    const { sharing, maxPeers, rules } = next;
    log.info("config", { sharing, maxPeers, rules: rules.map(({ name }) => name).join(", ") });
    for (const swarm of swarms.all()) {
      const told = steer(swarm, config, now());
      metrics.configTold.inc(told.viewers);
      if (told.changed) swarms.changed(swarm);
    }
  };
  const setConfig = (next: RemoteConfig) => applyConfig({ ...next, rules: [] });
  const http = createServer(
    createHttpHandler({
      metrics,
      adminToken: options.adminToken,
      notReady: () => (draining ? "draining" : connections >= options.maxSockets ? "full" : null),
      config: () => config,
      applyConfig,
      explain: (swarm, peerId, count) =>
        swarms.get(swarm as SwarmId)?.explain(peerId as PeerId, count, now(), random) ?? null,
      collect: () => {
        metrics.connections.set(connections);
        metrics.addresses.set(addresses.size);
        metrics.draining.set(draining ? 1 : 0);
      },
    }),
  );
  const joinLog = options.joinLog === "" ? null : joinLogTo(options.joinLog, log);
  const swarms = new Swarms({ sealerUrl, sealerSecret, metrics, log, relays: hasRelays(options), joinLog });
  const rim: Rim = { swarms, metrics, now, random, messagesPerSecond, messageBurst };

  const refuse = (code: RefusalCode, message: string): RefusedJoin => {
    metrics.rejected.inc({ reason: code });
    metrics.joins.inc({ result: "refused" });
    return new RefusedJoin({ code, message, retryAfterMs: Math.round(RETRY_AFTER_MS * (1 + random())) });
  };

  // A browser opens a WebSocket without asking CORS: the origin is checked here.
  const refuseUpgrade: ViewerHandlers<Admission>["refuseUpgrade"] = ({ headers: { origin } }) => {
    const { allowOrigins, maxSockets } = options;
    if (origin !== undefined && !allowOrigins.includes("*") && !allowOrigins.includes(origin)) return 403;
    // Sockets that have not joined yet count as well, up to as many again: a refusal needs a socket to arrive on.
    return sockets.size < 2 * maxSockets + 16 ? null : 503;
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
    socketOf.set(viewer, socket);
    socket.onClose(() => {
      connections--;
      gate.leave(visit);
      addresses.leave(addressKey);
      socketOf.delete(viewer);
      if (swarm.leave(viewer, now())) swarms.changed(swarm);
    });
    serveViewer(socket, swarm, viewer, rim);
    const candidates = swarm.candidatesFor(viewer, MAX_CANDIDATES, now(), random);
    countCandidates(metrics, candidates);
    const welcome: Welcome = {
      version: TRACKER_VERSION,
      nowMs: now(),
      swarm: swarm.id,
      candidates,
      iceServers: iceServersFor(options, stun?.ports ?? [], peerId, now()),
      sealKeys: swarms.keys,
      sealing: swarm.sealing,
      sealUrl: options.sealUrl === "" ? null : options.sealUrl,
      config: { sharing: policy.sharing, maxPeers: policy.maxPeers },
    };
    socket.emit(TRACKER_EVENTS.welcome, welcome);
    metrics.sealsPushed.inc(swarm.topUp(viewer));
    metrics.joins.inc({ result: replaced ? "replaced" : "new" });
    metrics.joinSeconds.observe((performance.now() - startedMs) / 1_000);
    if (replaced) socketOf.get(replaced)?.close();
    swarms.changed(swarm);
  };
  const socketOf = new Map<object, ViewerSocket>();
  const openSockets = options.socketServer === "wire" ? wireServer : socketIoServer;
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

  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host, resolve);
  });
  const { port } = http.address() as AddressInfo;
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
    swarms.close();
    gate.close();
    places.close();
    await stun?.close();
    await sockets.close();
    await joinLog?.close();
    http.close();
    http.closeAllConnections();
    log.info("closed");
  };
  return {
    url,
    setConfig,
    applyConfig,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

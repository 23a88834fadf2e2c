import {
  type Candidate,
  type Join,
  type Read,
  type Result,
  readNews,
  readReport,
  readSignal,
  readStatus,
  readWantCandidates,
  type ShapeError,
  TRACKER_EVENTS,
} from "@shoal/protocol";
import type { Log } from "@shoal/sealer";
import type { Visit } from "./gate/gate.ts";
import type { Metrics } from "./metrics.ts";
import type { Place } from "./place/place-reader.ts";
import { RateLimit } from "./rate-limit.ts";
import type { Pods } from "./relay/pods.ts";
import type { ViewerSocket } from "./sockets/viewer-server.ts";
import type { Swarm } from "./swarm.ts";
import type { Swarms } from "./swarms.ts";
import type { Viewer } from "./viewer.ts";

/** What the handlers of one socket work with. */
export interface Rim {
  readonly swarms: Swarms;
  readonly pods: Pods;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
}

/** Candidates in one answer at most: a swarm of up to this size becomes one mesh. */
export const MAX_CANDIDATES = 24;
/** A socket that had this many messages dropped is closed. */
const MAX_DROPPED = 1_000;
/** What asking for candidates costs of the rate limit; the other messages cost 1. */
const WANT_COST = 10;

/** The handlers of one viewer's socket: read, let the swarm decide, send. */
export function serveViewer(socket: ViewerSocket, swarm: Swarm, viewer: Viewer, session: string, rim: Rim): void {
  const { metrics, swarms, now, random, log } = rim;
  const limit = new RateLimit(rim.messagesPerSecond, rim.messageBurst, now());
  let dropped = 0;

  const drop = (reason: string) => {
    metrics.dropped.inc({ reason });
    dropped++;
    if (dropped >= MAX_DROPPED) socket.close();
  };

  const on = <T>(
    event: string,
    read: (value: unknown) => Result<Read<T>, ShapeError>,
    act: (message: T) => void,
    cost: number = 1,
  ) => {
    socket.on(event, (payload: unknown) => {
      // The viewer moved to a newer socket; this one only waits to be closed.
      if (swarm.viewer(viewer.peerId) !== viewer) return;
      if (!limit.take(now(), cost)) return drop("rate");
      const result = read(payload);
      if (!result.ok) return drop("malformed");
      if (result.value.unknownFields > 0) metrics.unknownFields.inc(result.value.unknownFields);
      act(result.value.message);
    });
  };

  on(TRACKER_EVENTS.signal, readSignal, ({ peerId, attempt, data }) => {
    const receiver = swarm.receiverOf(viewer, peerId);
    if (receiver === "gone" && rim.pods.relay(swarm, viewer, { peerId, attempt, data })) {
      return metrics.signals.inc({ route: "remote" });
    }
    if (typeof receiver === "string") return metrics.signals.inc({ route: receiver });
    metrics.signalsLocal.inc();
    swarm.signalled(viewer, peerId, attempt, now());
    const sameIsp = receiver.isp === viewer.isp;
    receiver.send(TRACKER_EVENTS.signal, { peerId: viewer.peerId, attempt, data, ...(sameIsp && { sameIsp }) });
  });

  on(TRACKER_EVENTS.status, readStatus, (update) => {
    if (!swarm.status(viewer, update, now())) return;
    metrics.sealsPushed.inc(swarm.topUp(viewer));
    swarms.changed(swarm);
  });

  on(TRACKER_EVENTS.news, readNews, (news) => {
    const outcome = swarm.news(viewer, news, now());
    metrics.news.inc({ outcome });
    if (outcome === "tell-sealer") swarms.news(swarm, news);
  });

  on(
    TRACKER_EVENTS.wantCandidates,
    readWantCandidates,
    ({ count }) => {
      const most = Math.min(count, MAX_CANDIDATES);
      const near = swarm.candidatesFor(viewer, most, now(), random);
      const candidates = rim.pods.mixed(swarm, viewer, near, most);
      countCandidates(metrics, candidates);
      viewer.send(TRACKER_EVENTS.candidates, { candidates });
    },
    WANT_COST,
  );

  on(TRACKER_EVENTS.report, readReport, (report) => {
    metrics.bytes.inc({ source: "cdn" }, report.cdnBytes);
    metrics.bytes.inc({ source: "peer" }, report.peerBytes);
    metrics.bytes.inc({ source: "uploaded" }, report.uploadedBytes);
    metrics.bytes.inc({ source: "wasted" }, report.wastedBytes);
    metrics.stalls.inc(report.stalls);
    metrics.rescues.inc(report.rescues);
    metrics.convictions.inc(report.convicted.length);
    swarm.measured(viewer, report.uplinkBps);
    metrics.withheld.inc(swarm.convict(viewer, report.convicted));
    const { stalls, rescues, convicted } = report;
    if (stalls > 0 || convicted.length > 0)
      log.info("trouble", { session, stalls, rescues, convicted: convicted.length });
  });
}

/** Adds an answer to the metrics. */
export function countCandidates(metrics: Metrics, candidates: readonly Candidate[]): void {
  const same = candidates.filter((candidate) => candidate.sameIsp).length;
  metrics.candidates.inc({ isp: "same" }, same);
  metrics.candidates.inc({ isp: "other" }, candidates.length - same);
}

/** What a refused or admitted socket carries from the middleware to its handler. */
export interface Admission {
  readonly join: Join;
  readonly place: Omit<Place, "address">;
  readonly addressKey: string;
  readonly visit: Visit;
  /** When the join came, by `performance.now()`. */
  readonly startedMs: number;
}

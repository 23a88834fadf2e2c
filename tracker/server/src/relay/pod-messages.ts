import { isPeerId, isTrackId, type PeerId, type TrackId } from "@shoal/protocol";

/** A viewer that a pod tells others of: it has room for them. */
export interface SampledPeer {
  readonly peerId: PeerId;
  readonly isp: string;
  readonly tracks: readonly TrackId[];
}

/** What pods say to each other. */
export type PodMessage =
  | { readonly type: "load"; readonly sockets: number; readonly isDraining: boolean; readonly configAtMs: number }
  | { readonly type: "gone" }
  | { readonly type: "config"; readonly atMs: number; readonly config: unknown }
  | {
      readonly type: "sample";
      readonly swarm: string;
      /** Viewers by ISP group; empty when the pod holds none any more. */
      readonly sizes: readonly (readonly [isp: string, viewers: number])[];
      readonly peers: readonly SampledPeer[];
    }
  | {
      readonly type: "signal";
      readonly swarm: string;
      readonly from: PeerId;
      readonly isp: string;
      readonly to: PeerId;
      readonly attempt: number;
      readonly data: string;
    };

/** Reads a message of another pod, perhaps of another version. Total: null for what is none. */
export function readPodMessage(value: unknown): PodMessage | null {
  if (typeof value !== "object" || value === null) return null;
  const message = value as Readonly<Record<string, unknown>>;
  switch (message.type) {
    case "load":
      return isNumber(message.sockets) && isNumber(message.configAtMs)
        ? {
            type: "load",
            sockets: message.sockets,
            isDraining: message.isDraining === true,
            configAtMs: message.configAtMs,
          }
        : null;
    case "gone":
      return { type: "gone" };
    case "config":
      return isNumber(message.atMs) ? { type: "config", atMs: message.atMs, config: message.config } : null;
    case "sample":
      return readSample(message);
    case "signal":
      return readSignal(message);
    default:
      return null;
  }
}

function readSample(message: Readonly<Record<string, unknown>>): PodMessage | null {
  const { swarm, sizes, peers } = message;
  if (typeof swarm !== "string" || !Array.isArray(sizes) || !Array.isArray(peers)) return null;
  const isSize = (size: unknown): size is readonly [string, number] =>
    Array.isArray(size) && typeof size[0] === "string" && isNumber(size[1]);
  const isPeer = (peer: unknown): peer is SampledPeer => {
    const { peerId, isp, tracks } = (peer ?? {}) as Readonly<Record<string, unknown>>;
    return isId(peerId) && typeof isp === "string" && Array.isArray(tracks) && tracks.every(isTrack);
  };
  if (!sizes.every(isSize) || !peers.every(isPeer)) return null;
  return { type: "sample", swarm, sizes, peers };
}

function readSignal(message: Readonly<Record<string, unknown>>): PodMessage | null {
  const { swarm, from, isp, to, attempt, data } = message;
  if (typeof swarm !== "string" || typeof isp !== "string" || typeof data !== "string") return null;
  if (!isId(from) || !isId(to) || !isNumber(attempt)) return null;
  return { type: "signal", swarm, from, isp, to, attempt, data };
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isId = (value: unknown): value is PeerId => typeof value === "string" && isPeerId(value);
const isTrack = (value: unknown): boolean => typeof value === "string" && isTrackId(value);

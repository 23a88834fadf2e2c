import { type IceServer, joinBytes, packSignals, unpackSignals } from "@shoal/protocol";
import SimplePeer from "simple-peer";
import type { PeerLink, PeerTransport } from "./peer-transport.ts";

/** Candidates found within this time travel in one message. */
const SIGNAL_BATCH_MS = 30;

/** A channel with no more than this in its queue takes more. */
const DRAINED_BYTES = 16 * 1024;

/** A connection that the network dropped for longer is given up; simple-peer would wait for ICE to fail, half a minute. */
const LOST_MS = 4_000;

/** WebRTC data channels through simple-peer: one channel, ordered and reliable. */
export const simplePeerTransport: PeerTransport = {
  connect({ initiator, iceServers }, handlers) {
    const peer = new SimplePeer({
      initiator,
      trickle: true,
      // Always given: simple-peer would else contact public STUN servers.
      config: { iceServers: iceServers.map(toRtcIceServer) },
    });
    let batch: unknown[] = [];
    const early: Uint8Array<ArrayBuffer>[] = [];
    let opened = false;
    let lost: ReturnType<typeof setTimeout> | undefined;
    let closed = false;
    let reason = "closed";
    const flush = (): void => {
      const data = packSignals(batch);
      batch = [];
      if (!closed) handlers.signal(data);
    };
    peer.on("signal", (data) => {
      if (batch.push(data) === 1) setTimeout(flush, SIGNAL_BATCH_MS);
    });
    peer.on("connect", () => {
      if (peer._channel) peer._channel.bufferedAmountLowThreshold = DRAINED_BYTES;
      peer._channel?.addEventListener("bufferedamountlow", () => handlers.drain());
      opened = true;
      handlers.open();
      for (const bytes of early.splice(0)) handlers.frame(bytes);
    });
    // simple-peer says "connect" late, after a round of statistics: the other side may have spoken by then.
    peer.on("data", (bytes) => (opened ? handlers.frame(bytes) : early.push(bytes)));
    peer.on("error", (error) => {
      reason = error.code ?? error.message;
    });
    peer.on("iceStateChange", (state) => {
      clearTimeout(lost);
      if (state === "disconnected") lost = setTimeout(() => peer.destroy(), LOST_MS);
    });
    peer.on("close", () => {
      clearTimeout(lost);
      closed = true;
      handlers.closed(reason);
    });
    return {
      signal(data) {
        for (const item of unpackSignals(data)) {
          try {
            peer.signal(item);
          } catch {
            peer.destroy();
          }
        }
      },
      send(frame, payload) {
        if (!peer.connected || peer.destroying) return false;
        try {
          peer.send(payload ? joinBytes(frame, payload) : frame);
          return true;
        } catch {
          return false;
        }
      },
      get queuedBytes() {
        return peer.bufferSize;
      },
      close: () => peer.destroy(),
    } satisfies PeerLink;
  },
};

/** What is null is left out: a dictionary takes `undefined` for that. */
const toRtcIceServer = ({ urls, username, credential }: IceServer): RTCIceServer =>
  ({ urls: [...urls], username: username ?? undefined, credential: credential ?? undefined }) as RTCIceServer;

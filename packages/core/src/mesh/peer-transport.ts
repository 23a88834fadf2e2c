import type { IceServer, PeerId } from "@shoal/protocol";

/** What a connection tells its owner. */
export interface PeerLinkHandlers {
  /** Text for the other side, to be carried by the tracker. */
  signal(data: string): void;
  open(): void;
  /** Never before `open`. */
  frame(bytes: Uint8Array): void;
  /** There is room to send again. */
  drain(): void;
  /** The connection is gone, or never came about. Called once, last. */
  closed(reason: string): void;
}

/** A connection to one viewer: ordered, reliable, in frames. */
export interface PeerLink {
  /** Text from the other side. */
  signal(data: string): void;
  /**
   * Queues a frame. False if the connection cannot take it.
   * @param payload the rest of the frame, where it lies elsewhere; it may not be kept
   */
  send(frame: Uint8Array<ArrayBuffer>, payload?: Uint8Array): boolean;
  /** Bytes queued and not on the wire yet. */
  readonly queuedBytes: number;
  /** May be called twice. `closed` follows unless it came before. */
  close(): void;
}

/** Makes connections. The browser's is `simplePeerTransport`; tests and simulators bring their own. */
export interface PeerTransport {
  connect(
    peer: { readonly peerId: PeerId; readonly initiator: boolean; readonly iceServers: readonly IceServer[] },
    handlers: PeerLinkHandlers,
  ): PeerLink;
}

import { decodeFrame, type Frame, fromRanges, type HaveFrame } from "@shoal/protocol";

/** Pieces that a neighbour was first told of in one announcement. */
export interface Told {
  /** Unix ms, when this page's own handler was called. */
  readonly atMs: number;
  /** Peer id of who told. */
  readonly from: string;
  readonly segmentId: string;
  readonly pieces: readonly number[];
}

/** What passed over a viewer's data channels. */
export interface WireRecord {
  /** This viewer's peer id; null before it said so. */
  readonly peerId: string | null;
  /** When the last bytes of a piece came from a neighbour, Unix ms, by `segment:piece`. */
  readonly receivedMs: Readonly<Record<string, number>>;
  /** When it first said of a piece that it holds it, wherever it came from, Unix ms, by `segment:piece`. */
  readonly saidMs: Readonly<Record<string, number>>;
  readonly told: readonly Told[];
  /** When segments were sealed, Unix ms of the sealer, by segment. */
  readonly sealedMs: Readonly<Record<string, number>>;
}

const nowMs = (): number => performance.timeOrigin + performance.now();

/** Looks at every data channel of the page from now on; must begin before the first one opens. */
export function watchChannels(): () => WireRecord {
  let peerId: string | null = null;
  const receivedMs: Record<string, number> = {};
  const saidMs: Record<string, number> = {};
  const sealedMs: Record<string, number> = {};
  const told: Told[] = [];

  const watch = (channel: RTCDataChannel): void => {
    let from = "";
    const known = new Set<string>();
    const hear = ({ segmentId, held }: HaveFrame): void => {
      const pieces = fromRanges(held).filter((piece) => !known.has(`${segmentId}:${piece}`));
      for (const piece of pieces) known.add(`${segmentId}:${piece}`);
      if (pieces.length > 0) told.push({ atMs: nowMs(), from, segmentId, pieces });
    };
    channel.addEventListener("message", ({ data }) => {
      const read = decodeFrame(new Uint8Array(data as ArrayBuffer));
      if (!read.ok) return;
      const { frame } = read.value;
      if (frame.type === "hello") from = frame.peerId;
      else if (frame.type === "piece") receivedMs[`${frame.segmentId}:${frame.piece}`] = nowMs();
      else if (frame.type === "seal") sealedMs[frame.seal.segmentId] = frame.seal.sealedAtMs;
      else if (frame.type === "have") hear(frame);
    });
  };

  const say = (frame: Frame): void => {
    if (frame.type === "hello") peerId = frame.peerId;
    if (frame.type !== "have") return;
    for (const piece of fromRanges(frame.held)) saidMs[`${frame.segmentId}:${piece}`] ??= nowMs();
  };

  const { prototype } = RTCDataChannel;
  const watched = new WeakSet<RTCDataChannel>();
  const onmessage = Object.getOwnPropertyDescriptor(prototype, "onmessage");
  Object.defineProperty(prototype, "onmessage", {
    ...onmessage,
    set(this: RTCDataChannel, listener: unknown) {
      onmessage?.set?.call(this, listener);
      if (watched.has(this)) return;
      watched.add(this);
      watch(this);
    },
  });
  const send = prototype.send as (this: RTCDataChannel, data: ArrayBufferView<ArrayBuffer>) => void;
  prototype.send = function (this: RTCDataChannel, data: unknown) {
    const read = data instanceof Uint8Array ? decodeFrame(data) : null;
    if (read?.ok) say(read.value.frame);
    send.call(this, data as Uint8Array<ArrayBuffer>);
  };
  return () => ({ peerId, receivedMs, saidMs, told, sealedMs });
}

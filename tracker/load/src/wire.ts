/** A packet that a tracker sends, as far as a viewer needs to know it: engine.io 4 around socket.io 5, both as text. */
export type Packet =
  | { readonly type: "open"; readonly pingIntervalMs: number }
  | { readonly type: "ping" }
  | { readonly type: "close" }
  | { readonly type: "connected" }
  | { readonly type: "refused"; readonly data: unknown }
  | { readonly type: "disconnected" }
  | { readonly type: "event"; readonly name: string; readonly payload: unknown }
  | { readonly type: "noise" };

export const PONG = "3";
export const LEAVE = "41";

/** The CONNECT packet with the join in it. */
export const connectPacket = (join: object): string => `40${JSON.stringify(join)}`;
export const eventPacket = (name: string, ...payloads: object[]): string => `42${JSON.stringify([name, ...payloads])}`;

const NOISE: Packet = { type: "noise" };

/** Reads a text frame. Total: what it does not know is noise. */
export function readPacket(text: string): Packet {
  try {
    switch (text.slice(0, 1)) {
      case "0":
        return { type: "open", pingIntervalMs: Number((JSON.parse(text.slice(1)) as OpenBody).pingInterval) };
      case "1":
        return { type: "close" };
      case "2":
        return { type: "ping" };
      case "4":
        return readMessage(text);
      default:
        return NOISE;
    }
  } catch {
    return NOISE;
  }
}

interface OpenBody {
  readonly pingInterval: unknown;
}

function readMessage(text: string): Packet {
  switch (text.slice(1, 2)) {
    case "0":
      return { type: "connected" };
    case "1":
      return { type: "disconnected" };
    case "2": {
      const parts: unknown = JSON.parse(text.slice(2));
      if (!Array.isArray(parts) || typeof parts[0] !== "string") return NOISE;
      return { type: "event", name: parts[0], payload: parts[1] };
    }
    case "4":
      return { type: "refused", data: (JSON.parse(text.slice(2)) as { readonly data?: unknown }).data };
    default:
      return NOISE;
  }
}

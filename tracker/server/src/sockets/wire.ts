import { MOST_PAYLOADS } from "./viewer-server.ts";

/** What a client says, as far as a tracker needs to know it: engine.io 4 around socket.io 5, both as text. */
export type ClientPacket =
  | { readonly type: "connect"; readonly auth: unknown }
  | { readonly type: "event"; readonly name: string; readonly payloads: readonly unknown[] }
  | { readonly type: "pong" }
  | { readonly type: "leave" }
  | { readonly type: "noise" };

export const PING = "2";
export const BYE = "41";
const NOISE: ClientPacket = { type: "noise" };
const PONG: ClientPacket = { type: "pong" };
const LEAVE: ClientPacket = { type: "leave" };

/** Reads a text frame. Total: what a tracker has no use for, such as another namespace or an acknowledgement, is noise. */
export function readClientPacket(text: string): ClientPacket {
  const kind = text.charCodeAt(0);
  if (kind === 0x33) return PONG;
  if (kind === 0x31) return LEAVE;
  if (kind !== 0x34) return NOISE;
  switch (text.charCodeAt(1)) {
    case 0x30:
      return { type: "connect", auth: text.length === 2 ? {} : parse(text) };
    case 0x31:
      return LEAVE;
    case 0x32: {
      const parts = parse(text);
      if (!Array.isArray(parts) || typeof parts[0] !== "string") return NOISE;
      return { type: "event", name: parts[0], payloads: parts.slice(1, 1 + MOST_PAYLOADS) };
    }
    default:
      return NOISE;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.slice(2));
  } catch {
    return undefined;
  }
}

export const openPacket = (sid: string, pingInterval: number, pingTimeout: number, maxPayload: number): string =>
  `0{"sid":"${sid}","upgrades":[],"pingInterval":${pingInterval},"pingTimeout":${pingTimeout},"maxPayload":${maxPayload}}`;

export const connectedPacket = (sid: string): string => `40{"sid":"${sid}"}`;
export const refusedPacket = (message: string, data: object): string => `44${JSON.stringify({ message, data })}`;
export const eventPacket = (name: string, payload: object): string => `42["${name}",${JSON.stringify(payload)}]`;

import { createHmac } from "node:crypto";
import type { IceServer } from "@shoal/protocol";

export interface IceOptions {
  /** What the operator lists. */
  readonly iceServers: readonly IceServer[];
  /** Public name of this tracker's STUN server; `""`: none. */
  readonly stunHost: string;
  readonly turnUrls: readonly string[];
  readonly turnSecret: string;
  readonly turnTtlSeconds: number;
}

/** Whether viewers are given a TURN server. */
export const hasRelays = ({ turnUrls, turnSecret }: IceOptions): boolean => turnUrls.length > 0 && turnSecret !== "";

/**
 * ICE servers for one viewer. TURN credentials are those of coturn's `use-auth-secret`: good until the time in the name.
 *
 * @param stunPorts ports of the STUN server; from two of them a viewer learns how its NAT maps
 * @param nowMs milliseconds since 1970
 */
export function iceServersFor(
  options: IceOptions,
  stunPorts: readonly number[],
  peerId: string,
  nowMs: number,
): IceServer[] {
  const servers = [...options.iceServers];
  const { stunHost, turnUrls, turnSecret, turnTtlSeconds } = options;
  if (stunHost !== "" && stunPorts.length > 0) {
    const host = stunHost.includes(":") && !stunHost.startsWith("[") ? `[${stunHost}]` : stunHost;
    servers.push({ urls: stunPorts.map((port) => `stun:${host}:${port}`), username: null, credential: null });
  }
  if (hasRelays(options))
    servers.push({ urls: turnUrls, ...turnCredentials(turnSecret, peerId, nowMs, turnTtlSeconds) });
  return servers;
}

/** A name and password that a TURN server with the same secret takes until they expire. */
export function turnCredentials(
  secret: string,
  name: string,
  nowMs: number,
  ttlSeconds: number,
): { readonly username: string; readonly credential: string } {
  const username = `${Math.floor(nowMs / 1_000) + ttlSeconds}:${name}`;
  return { username, credential: createHmac("sha1", secret).update(username).digest("base64") };
}

import { packSignals } from "@shoal/protocol";

/** How a viewer's offers and answers look on the wire. */
export const SDP_FORMS = ["compact", "full"] as const;
export type SdpForm = (typeof SDP_FORMS)[number];

const CANDIDATES = 3;

/**
 * The text of one signal as a browser's data channel makes it: a session description and the candidates of a machine with
 * two interfaces and a mapped address, in one batch. `full` is plain JSON, `compact` what Shoal's viewers send.
 */
export function signalText(kind: "offer" | "answer", form: SdpForm, random: () => number): string {
  const description = { type: kind, sdp: descriptionText(kind, random) };
  const candidates = Array.from({ length: CANDIDATES }, (_, at) => ({
    type: "candidate",
    candidate: { candidate: candidateLine(at, random), sdpMLineIndex: 0, sdpMid: "0" },
  }));
  const batch = [description, ...candidates];
  return form === "full" ? JSON.stringify(batch) : packSignals(batch);
}

const POOL = 64;
const pools = new Map<string, string[]>();

/** The same out of a pool of texts: drawing each letter anew would cost a crowd more than all else that it says. */
export function pooledSignalText(kind: "offer" | "answer", form: SdpForm, random: () => number): string {
  const name = `${kind} ${form}`;
  const pool = pools.get(name) ?? [];
  pools.set(name, pool);
  const at = Math.floor(random() * POOL);
  pool[at] ??= signalText(kind, form, random);
  return pool[at];
}

const HEX = "0123456789ABCDEF";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function text(length: number, alphabet: string, random: () => number): string {
  let drawn = "";
  for (let i = 0; i < length; i++) drawn += alphabet[Math.floor(random() * alphabet.length)];
  return drawn;
}

const fingerprint = (random: () => number): string => Array.from({ length: 32 }, () => text(2, HEX, random)).join(":");

function descriptionText(kind: "offer" | "answer", random: () => number): string {
  return [
    "v=0",
    `o=- ${text(19, "0123456789", random)} 2 IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "a=extmap-allow-mixed",
    "a=msid-semantic: WMS",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${text(4, BASE64, random)}`,
    `a=ice-pwd:${text(24, BASE64, random)}`,
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${fingerprint(random)}`,
    `a=setup:${kind === "offer" ? "actpass" : "active"}`,
    "a=mid:0",
    "a=sctp-port:5000",
    "a=max-message-size:262144",
    "",
  ].join("\r\n");
}

function candidateLine(at: number, random: () => number): string {
  const port = 49_152 + Math.floor(random() * 16_000);
  const id = Math.floor(random() * 4_000_000_000);
  if (at < CANDIDATES - 1) {
    const name = [8, 4, 4, 4, 12].map((length) => text(length, HEX.toLowerCase(), random)).join("-");
    return `candidate:${id} 1 udp 2113937151 ${name}.local ${port} typ host generation 0 ufrag ${text(4, BASE64, random)} network-cost 999`;
  }
  const address = Array.from({ length: 4 }, () => 1 + Math.floor(random() * 250)).join(".");
  return `candidate:${id} 1 udp 1677729535 ${address} ${port} typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag ${text(4, BASE64, random)} network-cost 999`;
}

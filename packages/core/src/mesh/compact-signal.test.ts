import { expect, it } from "vitest";
import { packSignal, unpackSignal } from "./compact-signal.ts";

const FINGERPRINT = Array.from({ length: 32 }, (_, n) => n.toString(16).toUpperCase().padStart(2, "0")).join(":");
const CHROME = [
  "v=0",
  "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "a=extmap-allow-mixed",
  "a=msid-semantic: WMS",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:Pq2s",
  "a=ice-pwd:7hJZ8s0mQfM3oWbq6cPz1t9x",
  "a=ice-options:trickle",
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  "a=setup:actpass",
  "a=mid:0",
  "a=sctp-port:5000",
  "a=max-message-size:262144",
  "",
].join("\r\n");

const own = (sdp: string): readonly string[] =>
  sdp
    .split(/\r?\n/)
    .filter((line) => /^a=(?!group|extmap|msid|max-message)/.test(line))
    .sort();

it("keeps of a description what is its own, and is half as long", () => {
  const offer = { type: "offer", sdp: CHROME };
  const packed = packSignal(offer) as { readonly type: string; readonly sdp: string };
  expect(JSON.stringify(packed).length).toBeLessThan(0.6 * JSON.stringify(offer).length);
  const back = unpackSignal(packed) as typeof offer;
  expect(back.type).toBe("offer");
  expect(own(back.sdp)).toEqual(own(CHROME));
  expect(back.sdp).toContain("a=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
  expect(packSignal(back)).toEqual(packed);
});

it("sends a candidate as its text", () => {
  const candidate = "candidate:1 1 udp 2113937151 a.local 50000 typ host";
  const signal = {
    type: "candidate",
    candidate: { candidate: `${candidate} generation 0 ufrag Pq2s network-cost 999`, sdpMLineIndex: 0, sdpMid: "0" },
  };
  expect(packSignal(signal)).toBe(candidate);
  expect(unpackSignal(candidate)).toEqual({ type: "candidate", candidate: { candidate, sdpMLineIndex: 0 } });
});

it("leaves alone what it does not know", () => {
  for (const signal of [{ type: "refused" }, { renegotiate: true }]) expect(packSignal(signal)).toBe(signal);
  for (const packed of [{ type: "refused" }, { type: "offer", sdp: 7 }, { type: "offer", sdp: CHROME }]) {
    expect(unpackSignal(packed)).toBe(packed);
  }
});

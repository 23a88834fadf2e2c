import fc from "fast-check";
import { expect, it } from "vitest";
import { isOffer, packSignals, REFUSED, unpackSignals } from "./signal-text.ts";

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

const ICE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
const candidate = (text: string, tail: string = "") => ({
  ...(tail && { type: "candidate" }),
  candidate: { candidate: text + tail, sdpMLineIndex: 0, ...(tail && { sdpMid: "0" }) },
});
const HOST = "candidate:3162836455 1 udp 2113937151 2f0d1c0e-5d1c-4f4c-9d51-7f6a1c0f5a77.local 50000 typ host";
const MAPPED = "candidate:842163049 1 udp 1677729535 203.0.113.7 50001 typ srflx raddr 0.0.0.0 rport 0";
const TAIL = " generation 0 ufrag Pq2s network-cost 999";

const own = (sdp: string): readonly string[] =>
  sdp
    .split(/\r?\n/)
    .filter((line) => /^a=(?!group|extmap|msid|max-message)/.test(line))
    .sort();

it("keeps of a description what is its own, in little more than a quarter of the bytes", () => {
  const signals = [{ type: "offer", sdp: CHROME }, candidate(HOST, TAIL), candidate(MAPPED, TAIL)];
  const text = packSignals(signals);
  expect(text.length).toBeLessThan(0.28 * JSON.stringify(signals).length);
  // It travels inside JSON, where quotes would be escaped.
  expect(JSON.stringify(text).length).toBeLessThan(text.length + 4);
  expect(isOffer(text)).toBe(true);
  const [offer, ...candidates] = unpackSignals(text) as [{ readonly type: string; readonly sdp: string }];
  expect(offer.type).toBe("offer");
  expect(own(offer.sdp)).toEqual(own(CHROME));
  expect(offer.sdp).toContain("a=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
  expect(candidates).toEqual([candidate(HOST), candidate(MAPPED)]);
});

it("gives back what a browser may say, in whatever order and words", () => {
  const iceText = fc.string({ unit: fc.constantFrom(...ICE), minLength: 4, maxLength: 40 });
  const sdp = fc
    .tuple(
      fc.constantFrom("actpass", "active", "passive"),
      fc.constantFrom("0", "data"),
      iceText,
      iceText,
      fc.boolean(),
    )
    .map(([setup, mid, ufrag, password, firefox]) => {
      const lines = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, `a=fingerprint:sha-256 ${FINGERPRINT}`];
      const rest = [`a=setup:${setup}`, `a=mid:${mid}`];
      return `${(firefox ? [...lines.reverse(), ...rest.reverse()] : [...lines, ...rest]).join("\r\n")}\r\n`;
    });
  const description = fc.record({ type: fc.constantFrom("offer", "answer"), sdp });
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.uuid().map((id) => `${id}.local`),
  );
  const line = fc
    .tuple(
      fc.nat(),
      fc.nat(),
      address,
      fc.nat(65_535),
      fc.constantFrom(
        " typ host",
        " typ srflx raddr 0.0.0.0 rport 0",
        " typ relay raddr 10.0.0.1 rport 9",
        " typ host tcptype active",
      ),
    )
    .map(([id, priority, host, port, kind]) => `candidate:${id} 1 udp ${priority} ${host} ${port}${kind}`);
  fc.assert(
    fc.property(fc.option(description), fc.array(line, { maxLength: 6 }), (first, candidates) => {
      const text = packSignals([...(first ? [first] : []), ...candidates.map((one) => candidate(one, TAIL))]);
      expect(isOffer(text)).toBe(first?.type === "offer");
      const back = unpackSignals(text) as { readonly type: string; readonly sdp: string }[];
      if (first) {
        const found = back.shift();
        expect(found?.type).toBe(first.type);
        expect(own(found?.sdp ?? "").filter((each) => !/options|sctp/.test(each))).toEqual(own(first.sdp));
      }
      expect(back).toEqual(candidates.map((one) => candidate(one)));
    }),
    { seed: 1 },
  );
});

it("leaves alone what it does not know, and finds nothing in what is none", () => {
  for (const signal of [{ type: "refused" }, { renegotiate: true }])
    expect(unpackSignals(packSignals([signal]))).toEqual([signal]);
  expect(unpackSignals(REFUSED)).toEqual([{ type: "refused" }]);
  expect(isOffer(JSON.stringify([{ type: "offer", sdp: CHROME }]))).toBe(true);
  for (const packed of [
    { type: "offer", sdp: 7 },
    { type: "offer", sdp: CHROME },
  ]) {
    expect(unpackSignals(JSON.stringify([packed]))).toEqual([packed]);
  }
  for (const noise of ["", "{", "7", "null", "!", "!!!", "$;$", "[null]"]) expect(unpackSignals(noise)).toEqual([]);
});

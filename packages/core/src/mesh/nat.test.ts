import { type PeerId, packSignals, type Signal } from "@shoal/protocol";
import { expect, it } from "vitest";
import { NatWatch } from "./nat.ts";

const candidate = (port: number, local: number, type = "srflx") => ({
  type: "candidate",
  candidate: {
    candidate: `candidate:842163049 1 udp 1677729535 203.0.113.9 ${port} typ ${type} raddr 0.0.0.0 rport ${local} generation 0 ufrag x`,
    sdpMLineIndex: 0,
    sdpMid: "0",
  },
});
const signal = (peer: number, ...candidates: object[]): Signal => ({
  peerId: `${peer}`.padStart(32, "0") as PeerId,
  attempt: 1,
  // As they travel: what is looked for must not be packed away.
  data: packSignals([{ type: "offer", sdp: "a=ice-ufrag:Pq2s\r\n" }, ...candidates]),
});

it("one mapped port for one local port is a cone, two are symmetric, in one message or several", () => {
  const nat = new NatWatch();
  nat.saw(signal(1, { type: "candidate", candidate: { candidate: "candidate:1 1 udp 2 192.168.1.2 4000 typ host" } }));
  expect(nat.class).toBe("unknown");
  nat.saw(signal(1, candidate(50_000, 0)));
  expect(nat.class).toBe("cone");
  nat.saw(signal(1, candidate(50_000, 0)));
  expect(nat.class).toBe("cone");
  nat.saw(signal(1, candidate(50_001, 0)));
  expect(nat.class).toBe("symmetric");
  const atOnce = new NatWatch();
  atOnce.saw(signal(1, candidate(50_000, 40_000), candidate(50_001, 40_000)));
  expect(atOnce.class).toBe("symmetric");
});

it("ports of other connections and other local ports say nothing", () => {
  const nat = new NatWatch();
  nat.saw(signal(1, candidate(50_000, 40_000), candidate(50_007, 40_001)));
  nat.saw(signal(2, candidate(50_009, 40_000)));
  nat.saw(signal(1, candidate(60_000, 40_000, "relay")));
  expect(nat.class).toBe("cone");
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as messages from "./tracker-messages.ts";

const PEER = "00112233445566778899aabbccddeeff";
const ID = "0123456789abcdef";

const readers = Object.entries(messages);

const complete: Readonly<Record<string, object>> = {
  readJoin: {
    version: 1,
    peerId: PEER,
    contentId: "live/a",
    token: null,
    manifest: "/live/a.m3u8",
    tracks: [ID],
    device: "tv",
    sharing: "download",
    freeSlots: 7,
    nat: "cone",
    playheadMs: 60_000,
    sdk: "0.1.0",
  },
  readWelcome: {
    version: 1,
    nowMs: 1_800_000_000_000,
    swarm: "/live/a",
    candidates: [{ peerId: PEER, sameIsp: true, sameTrack: false }],
    iceServers: [{ urls: ["stun:x"], username: null, credential: null }],
    sealKeys: [{ keyId: ID, point: "BAAA" }],
    sealing: "on",
    sealUrl: "https://sealer.example/v1/seal",
    config: { sharing: null, maxPeers: 4, memoryBytes: null },
    session: "pod-1-2f",
  },
  readSignal: { peerId: PEER, attempt: 3, data: "[]" },
  readIncomingSignal: { peerId: PEER, attempt: 3, data: "[]", sameIsp: true },
  readStatus: { tracks: [ID], sharing: "off", freeSlots: 0, nat: "symmetric", playheadMs: 0 },
  readNews: { trackId: ID, segmentId: ID },
  readReport: {
    cdnBytes: 1,
    peerBytes: 2,
    uploadedBytes: 3,
    wastedBytes: 4,
    stalls: 5,
    rescues: 6,
    uplinkBps: 7,
    convicted: [PEER],
  },
  readRoster: { trackId: ID, epoch: 3, from: 2, viewers: 200, add: [[PEER, 120]], gone: [PEER] },
  readConfig: { sharing: "off", maxPeers: null, memoryBytes: 0 },
  readRefusal: { code: "too-busy", message: "later", retryAfterMs: 5000 },
  readCandidates: { candidates: [{ peerId: PEER, sameIsp: false, sameTrack: true }] },
  readMove: { withinMs: 60_000 },
  readSealing: { state: "no-seal" },
  readWantCandidates: { count: 8 },
  readSealPush: { seal: "AQID" },
  readSealKeys: { sealKeys: [{ keyId: ID, point: "BAAA" }] },
};

describe("every tracker message", () => {
  it("has an example here", () => {
    expect(Object.keys(complete).sort()).toEqual(readers.map(([name]) => name).sort());
  });

  for (const [name, read] of readers) {
    it(`${name}: is read as it was sent, and grows without harm`, () => {
      const message = complete[name] ?? {};
      expect(read(message)).toEqual({ ok: true, value: { message, unknownFields: 0 } });
      expect(read({ ...message, later: 1, more: {} })).toMatchObject({ ok: true, value: { unknownFields: 2 } });
    });

    it(`${name}: any value gives a message or a refusal that names the field`, () => {
      const message = complete[name] ?? {};
      const damaged = fc
        .tuple(fc.constantFrom(...Object.keys(message)), fc.jsonValue())
        .map(([key, value]) => ({ ...message, [key]: value }));
      fc.assert(
        fc.property(fc.oneof(fc.anything(), fc.jsonValue(), damaged), (value) => {
          const result = read(value);
          if (!result.ok) expect(result.reason).toMatch(/must be an object|the field "/);
        }),
        { seed: 5, numRuns: 500 },
      );
    });
  }

  it("with a roster member of another form is refused", () => {
    for (const member of [[PEER], [PEER, 0], [PEER, 1, 2], ["somebody", 1], { peerId: PEER, weight: 1 }, PEER]) {
      const read = messages.readRoster({ trackId: ID, epoch: 1, viewers: 40, add: [[PEER, 1], member] });
      expect(read).toMatchObject({ ok: false, code: "bad-message", reason: expect.stringContaining('"add"') });
    }
  });

  it("without a field that it must have is refused by that field's name", () => {
    const { peerId, ...rest } = complete.readJoin as { peerId: string };
    expect(peerId).toBe(PEER);
    expect(messages.readJoin(rest)).toMatchObject({
      ok: false,
      code: "bad-message",
      reason: expect.stringContaining("peerId"),
    });
  });
});

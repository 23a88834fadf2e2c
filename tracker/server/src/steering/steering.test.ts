import type { PeerId } from "@shoal/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_CONFIG, type OperatorConfig, readOperatorConfig } from "./operator-config.ts";
import { lesser, percentileOf, policyFor, type Traits } from "./steering.ts";

const peer = (n: number): PeerId => n.toString(16).padStart(32, "0") as PeerId;
const traits = (more: Partial<Traits> = {}): Traits => ({
  peerId: peer(1),
  tenant: "acme",
  contentId: "live/final",
  isp: "as:64500",
  country: "DE",
  device: "tv",
  ...more,
});

function config(value: unknown): OperatorConfig {
  const read = readOperatorConfig(value);
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

describe("rules", () => {
  const of = (when: object, set: object = { sharing: "off" }) => config({ rules: [{ when, set }] });

  it("are for the viewers that every given list names", () => {
    const hit = (when: object, more: Partial<Traits> = {}) => policyFor(of(when), traits(more)).sharing === "off";
    expect(hit({})).toBe(true);
    expect(hit({ tenant: "acme" })).toBe(true);
    expect(hit({ tenant: "rival" })).toBe(false);
    expect(hit({ content: ["vod/*", "live/*"] })).toBe(true);
    expect(hit({ content: "live" })).toBe(false);
    expect(hit({ isp: "as:64500", country: "de", device: ["phone", "tv"] })).toBe(true);
    expect(hit({ isp: "as:64500", device: "phone" })).toBe(false);
    expect(hit({ country: "DE" }, { country: null })).toBe(false);
  });

  it("are applied in order, and what a later one leaves out stays", () => {
    const both = config({
      sharing: "full",
      maxPeers: 12,
      rules: [
        { when: { device: "tv" }, set: { sharing: "download", inside: "isp" } },
        { when: { isp: "as:64500" }, set: { maxPeers: 4 } },
        { when: { content: "live/final" }, set: { inside: "anywhere" } },
      ],
    });
    expect(policyFor(both, traits())).toEqual({ sharing: "download", maxPeers: 4, memoryBytes: null, inside: null });
    expect(policyFor(both, traits({ device: "phone", contentId: "x" }))).toEqual({
      sharing: "full",
      maxPeers: 4,
      memoryBytes: null,
      inside: null,
    });
    expect(policyFor(NO_CONFIG, traits())).toEqual({ sharing: null, maxPeers: null, memoryBytes: null, inside: null });
  });

  it("for a share of viewers name the same ones each time, and more of them when it rises", () => {
    const shares = [0, 1, 10, 50, 100].map((percent) => {
      const rule = of({ percent });
      return new Set(
        Array.from({ length: 5_000 }, (_, n) => peer(n)).filter(
          (peerId) => policyFor(rule, traits({ peerId })).sharing === "off",
        ),
      );
    });
    const [none, one, ten, half, all] = shares.map((share) => share.size / 5_000);
    expect([none, all]).toEqual([0, 1]);
    expect(one).toBeCloseTo(0.01, 2);
    expect(ten).toBeCloseTo(0.1, 1);
    expect(half).toBeCloseTo(0.5, 1);
    for (const [at, share] of shares.entries())
      for (const peerId of share) for (const more of shares.slice(at)) expect(more.has(peerId)).toBe(true);
    expect(percentileOf(peer(7))).toBe(percentileOf(peer(7)));
  });

  it("never make a viewer share more than it wants", () => {
    expect(lesser("download", "full")).toBe("download");
    expect(lesser("off", "full")).toBe("off");
    expect(lesser("full", "off")).toBe("off");
    expect(lesser("full", null)).toBe("full");
  });
});

describe("a configuration", () => {
  it("that cannot be meant is refused by the rule and field, misspelt ones too", () => {
    const refused = (value: unknown) => {
      const read = readOperatorConfig(value);
      return read.ok ? "" : read.reason;
    };
    expect(refused({ sharing: "sometimes" })).toBe("sharing must be one of full, download, off.");
    expect(refused({ shareing: "off" })).toContain('"shareing"');
    expect(refused({ rules: [{ set: {} }, { set: { sharing: 1 } }] })).toContain('Rule 2: "sharing"');
    expect(refused({ rules: [{ when: { percent: 101 }, set: {} }] })).toContain(
      'Rule 1: "percent" must be a number from 0',
    );
    expect(refused({ rules: [{ when: { device: "fridge" }, set: {} }] })).toContain('Rule 1: "device"');
    expect(refused({ rules: [{ when: { ips: "x" }, set: {} }] })).toContain('"ips"');
    expect(refused({ rules: [{ when: { isp: [] }, set: {} }] })).toContain('"isp"');
    expect(refused({ rules: [{}] })).toContain("must be an object");
    expect(refused({ rules: 7 })).toContain('"rules"');
  });

  it("may be anything, and reads again as it was read", () => {
    const loose = fc.record(
      { sharing: fc.constantFrom("full", "off", null, 3), maxPeers: fc.anything(), rules: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), loose), (value) => {
        const read = readOperatorConfig(value);
        if (read.ok) expect(readOperatorConfig(read.value)).toEqual(read);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

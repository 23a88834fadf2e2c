import { expect, it } from "vitest";
import { OriginReader } from "./client-address.ts";

const reader = (more = {}) =>
  new OriginReader({ trustedProxies: ["10.0.0.0/8", "fd00::/8"], ispHeader: "X-ISP", ispFromQuery: false, ...more });

it("believes headers from trusted proxies only", () => {
  const headers = { "x-forwarded-for": "203.0.113.9", "x-isp": "AS64500" };
  expect(reader().read("10.1.2.3", headers, undefined)).toEqual({ address: "203.0.113.9", isp: "isp:AS64500" });
  expect(reader().read("::ffff:10.1.2.3", headers, undefined).address).toBe("203.0.113.9");
  expect(reader().read("198.51.100.7", headers, undefined)).toEqual({ address: "198.51.100.7", isp: "4:198.51" });
});

it("takes the address that the last trusted proxy saw, not what the viewer wrote before it", () => {
  const headers = { "x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.9.9.9" };
  expect(reader().read("fd00::1", headers, undefined)).toEqual({ address: "203.0.113.9", isp: "4:203.0" });
  expect(reader().read("10.0.0.1", { "x-forwarded-for": "nonsense" }, undefined).address).toBe("10.0.0.1");
});

it("lets a viewer name its ISP only where a test asked for it", () => {
  expect(reader().read("198.51.100.7", {}, "b").isp).toBe("4:198.51");
  expect(reader({ ispFromQuery: true }).read("198.51.100.7", {}, "b").isp).toBe("test:b");
});

it("names the proxy that it cannot read", () => {
  expect(() => reader({ trustedProxies: ["load-balancer"] })).toThrow("load-balancer");
  expect(() => reader({ trustedProxies: ["10.0.0.0/99"] })).toThrow("SHOAL_TRUSTED_PROXIES");
});

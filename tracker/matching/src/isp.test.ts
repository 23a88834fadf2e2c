import fc from "fast-check";
import { expect, it } from "vitest";
import { ispGroupOf, subscriberOf } from "./isp.ts";

it("puts viewers of one provider's block into one group, however the address is written", () => {
  expect(ispGroupOf("203.0.113.9")).toBe("4:203.0");
  expect(ispGroupOf("::ffff:203.0.113.9")).toBe("4:203.0");
  expect(ispGroupOf("::ffff:cb00:7109")).toBe("4:203.0");
  expect(ispGroupOf("2001:db8:1:2::5")).toBe("6:2001:db8");
  expect(ispGroupOf("[2001:0db8::]")).toBe("6:2001:db8");
  expect(ispGroupOf("fe80::1%eth0")).toBe("6:fe80:0");
});

it("limits count a household of IPv6 addresses as one", () => {
  expect(subscriberOf("2001:db8:1:2:aaaa::1")).toBe(subscriberOf("2001:db8:1:2::2"));
  expect(subscriberOf("::ffff:10.1.2.3")).toBe("10.1.2.3");
});

it("any text gives a group", () => {
  fc.assert(
    fc.property(fc.string(), (text) => typeof ispGroupOf(text) === "string"),
    { seed: 1 },
  );
  expect(ispGroupOf("300.1.1.1")).toBe("unknown");
  expect(ispGroupOf("1::2::3")).toBe("unknown");
});

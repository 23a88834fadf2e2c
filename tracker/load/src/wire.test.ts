import { expect, it } from "vitest";
import { connectPacket, eventPacket, readPacket } from "./wire.ts";

it("reads what a tracker says", () => {
  expect(readPacket('0{"sid":"a","upgrades":[],"pingInterval":60000,"pingTimeout":20000}')).toEqual({
    type: "open",
    pingIntervalMs: 60_000,
  });
  expect(readPacket("2")).toEqual({ type: "ping" });
  expect(readPacket('40{"sid":"x"}')).toEqual({ type: "connected" });
  expect(readPacket('44{"message":"no","data":{"code":"too-busy"}}')).toEqual({
    type: "refused",
    data: { code: "too-busy" },
  });
  expect(readPacket('42["signal",{"data":"x"}]')).toEqual({ type: "event", name: "signal", payload: { data: "x" } });
});

it("takes anything else for noise", () => {
  for (const text of ["", "4", "42", "42{}", "42[1]", "0{", "9", "44["]) expect(readPacket(text).type).toBe("noise");
});

it("writes what socket.io expects", () => {
  expect(connectPacket({ a: 1 })).toBe('40{"a":1}');
  expect(eventPacket("status", { freeSlots: 2 })).toBe('42["status",{"freeSlots":2}]');
});

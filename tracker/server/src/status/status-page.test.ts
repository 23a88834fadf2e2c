import { expect, it } from "vitest";
import { type StatusFacts, statusPage } from "./status-page.ts";

const FACTS: StatusFacts = {
  pod: "pod-1",
  pods: 3,
  state: "ready",
  viewers: 12_345,
  joins: 20_000,
  refused: 17,
  joinRate: 400,
  loopDelayMs: 3.4,
  relayConnected: true,
  sealerConnected: true,
  cdnBytes: 1e9,
  peerBytes: 9e9,
  stalls: 2,
  swarms: [{ id: "/live/final", viewers: 12_000, sealing: "on" }],
  isps: [{ isp: "as:64500", viewers: 6_172 }],
};

it("says how things stand, in figures for people", () => {
  const page = statusPage(FACTS);
  for (const text of ["12,345", "90.0 %", "9.00 GB of 10.0 GB", "/live/final", "as:64500", "50 %", "on 3 pods"]) {
    expect(page).toContain(text);
  }
});

it("lets nothing from outside become part of the page", () => {
  const evil = `<img src=x onerror="alert('1')">&`;
  const page = statusPage({
    ...FACTS,
    pod: evil,
    swarms: [{ id: evil, viewers: 1, sealing: evil }],
    isps: [{ isp: evil, viewers: 1 }],
  });
  expect(page).not.toContain("<img");
  expect(page.split("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;").length).toBe(6);
  expect(page).not.toMatch(/<script|src=|href=/i.exec(page.replaceAll("src=x", ""))?.[0] ?? "\0");
});

it("says when nobody is here", () => {
  expect(statusPage({ ...FACTS, swarms: [], isps: [], viewers: 0, cdnBytes: 0, peerBytes: 0 })).toContain(
    "Nobody is here.",
  );
});

import { readFileSync } from "node:fs";
import { DEFAULTS, resolveOptions, type SharingOffReason, type ShoalEvents, type ShoalStats } from "@shoal/core";
import { DEVICE_CLASSES } from "@shoal/protocol";
import { expect, it } from "vitest";

const guide = readFileSync(new URL("../../../docs/integrate-hls.md", import.meta.url), "utf8");

/** Cells of the table under a heading, row by row, without its head. */
function table(heading: string): readonly (readonly string[])[] {
  const section = guide.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const unquoted = (cell: string | undefined): string => (cell ?? "").replaceAll("`", "");

it("lists every option, and no other, with its default", () => {
  const listed = Object.fromEntries(table("Options").map(([name, value]) => [unquoted(name), unquoted(value)]));
  const shown = (value: unknown): string =>
    value === null ? "none" : typeof value === "function" ? String(value) : JSON.stringify(value);
  expect(listed).toEqual(Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, shown(value)])));
});

it("names every kind of device", () => {
  const [, , meaning] = table("Options").find(([name]) => unquoted(name) === "device") ?? [];
  for (const device of DEVICE_CLASSES) {
    expect(meaning).toContain(`"${device}"`);
    expect(() => resolveOptions({ device })).not.toThrow();
  }
});

it("explains every reason why nothing is shared, and no other", () => {
  const reasons: Record<SharingOffReason, true> = {
    option: true,
    remote: true,
    paused: true,
    "no-tracker": true,
    "tracker-away": true,
    "tracker-refused": true,
    "no-webrtc": true,
    "insecure-page": true,
    "unsupported-player": true,
    "mesh-failed": true,
    policy: true,
    "no-data-channel": true,
    "crashed-before": true,
    starting: true,
    unsealed: true,
    "sealer-refused": true,
    "no-seal": true,
    "too-few-viewers": true,
  };
  const listed = table("When nothing is shared").map(([name]) => unquoted(name));
  expect(listed.sort()).toEqual([...Object.keys(reasons), "null"].sort());
});

it("lists every event and every figure", () => {
  const events: Record<keyof ShoalEvents, true> = { segment: true, neighbours: true, sharing: true, convicted: true };
  expect(table("Events and figures").map(([name]) => unquoted(name))).toEqual(Object.keys(events));
  const figures: Record<keyof ShoalStats, true> = {
    sharing: true,
    offReason: true,
    peerId: true,
    session: true,
    policy: true,
    cdnBytes: true,
    peerBytes: true,
    uploadedBytes: true,
    wastedBytes: true,
    rescues: true,
    convicted: true,
    skippedMessages: true,
    storedBytes: true,
    uplinkBps: true,
    neighbours: true,
    segments: true,
  };
  for (const name of Object.keys(figures)) expect(guide).toContain(`\`${name}\``);
});

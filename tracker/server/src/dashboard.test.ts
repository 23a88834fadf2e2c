import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(
  readFileSync(new URL("../../../helm/shoal/files/dashboard.json", import.meta.url), "utf8"),
) as { readonly uid: string; readonly panels: readonly Panel[] };

const expressions = dashboard.panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));
const names = (text: string): readonly string[] => text.match(/\b(?:shoal|process|nodejs)_[a-z0-9_]+/g) ?? [];

it("the dashboard asks for no metric that the tracker does not have", async () => {
  const { registry } = createMetrics();
  const known = new Set<string>();
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    known.add(name);
    // prom-client has its types as numbers in some versions and as words in others.
    if (String(type) === "histogram") for (const part of ["_bucket", "_sum", "_count"]) known.add(`${name}${part}`);
  }
  const asked = new Set(expressions.flatMap(names));
  expect(asked.size).toBeGreaterThan(25);
  expect([...asked].filter((name) => !known.has(name))).toEqual([]);
});

it("shows every metric of ours but those that are for looking closer", async () => {
  const { registry } = createMetrics();
  const shown = expressions.join(" ");
  const hidden = (await registry.getMetricsAsJSON())
    .map(({ name }) => name)
    .filter((name) => name.startsWith("shoal_tracker_") && !shown.includes(name));
  const closer = ["subscriber_lines", "config_told_total", "stun_datagrams_total", "relay_dropped"];
  expect(hidden.map((name) => name.replace("shoal_tracker_", "")).sort()).toEqual(closer.sort());
});

it("each panel has a title, says what it shows, and an id of its own", () => {
  const shown = dashboard.panels.filter(({ type }) => type !== "row");
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  for (const { title, description, targets } of shown) {
    expect(title).not.toBe("");
    expect(description).toBeTruthy();
    expect(targets?.length).toBeGreaterThan(0);
  }
});

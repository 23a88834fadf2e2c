import { expect, it } from "vitest";
import { fillTemplate } from "./url-template.ts";

const values = { id: "v1", bandwidth: 700_000, number: 42, time: 1_234_567_890_123 };

it.each([
  ["$RepresentationID$/$Number$.m4s", "v1/42.m4s"],
  ["$RepresentationID$/$Number%05d$.m4s", "v1/00042.m4s"],
  ["$Bandwidth$/$Time$.m4s", "700000/1234567890123.m4s"],
  ["cost-$$-$Number%01d$", "cost-$-42"],
  ["$Unknown$/plain.m4s", "$Unknown$/plain.m4s"],
])("fills %s as the MPD means it", (template, url) => {
  expect(fillTemplate(template, values)).toBe(url);
});

import { loadMedia, type Origin } from "@shoal/origin";
import type { BenchOptions } from "./options.ts";
import type { Scenario } from "./scenarios.ts";
import { CDN } from "./stage.ts";
import { isHit, nameOf } from "./viewer-settings.ts";

/** Lets the CDN fail for those that the scenario hits, or send in all half of what full quality needs. */
export async function makeTrouble(
  origin: Origin,
  scenario: Scenario,
  { viewers, failure }: BenchOptions,
): Promise<void> {
  const { trouble } = scenario;
  if (trouble === null) return;
  if (trouble.kind === "brown-out") {
    origin.setShaping({ ...CDN, totalBitsPerSecond: (viewers * (await fullQualityBps())) / 2 });
    return;
  }
  const hit = Array.from({ length: viewers }, (_, viewer) => viewer).filter((viewer) => isHit(viewer, scenario));
  const filter = { media: true, ...(trouble.share < 1 ? { clients: hit.map(nameOf) } : {}) };
  origin.setFault(failure === "hang" ? { kind: "hang", filter } : { kind: "status", status: Number(failure), filter });
}

export function relieve(origin: Origin): void {
  origin.setFault({ kind: "none" });
  origin.setShaping(CDN);
}

async function fullQualityBps(): Promise<number> {
  const { renditions } = await loadMedia();
  const most = (kind: string): number =>
    Math.max(0, ...renditions.filter((one) => one.kind === kind).map((one) => one.averageBitsPerSecond));
  return most("video") + most("audio");
}

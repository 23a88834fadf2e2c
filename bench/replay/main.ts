import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { MATCHING_DEFAULTS, SCORE_WEIGHTS } from "@shoal/matching";
import { type Replay, replay } from "./replay.ts";

const USAGE = `npm run replay -- --log FILE [--seed 1] [--elsewhere 0.15] [--weights '{"isp":12}'] [--json]

Lets the audience that a tracker recorded (SHOAL_JOIN_LOG) meet under the matching as it is now, so that a change of the
score can be compared on the same audience. Weights: ${Object.keys(SCORE_WEIGHTS).join(", ")}.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      log: { type: "string" },
      seed: { type: "string", default: "1" },
      elsewhere: { type: "string", default: String(MATCHING_DEFAULTS.elsewhere) },
      weights: { type: "string", default: "{}" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.log === undefined || !existsSync(values.log)) fail(values.log ? `There is no file ${values.log}.` : USAGE);
  const elsewhere = Number(values.elsewhere);
  if (!(elsewhere >= 0 && elsewhere <= 1)) fail("--elsewhere must be a share from 0 to 1.");
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(values.log) })) lines.push(line);
  const result = replay(lines, Number(values.seed), { elsewhere, weights: weightsFrom(values.weights) });
  console.log(values.json ? JSON.stringify(result) : describe(result));
}

function weightsFrom(text: string): typeof SCORE_WEIGHTS {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return fail("--weights must be JSON.");
  }
  for (const [name, weight] of Object.entries(given)) {
    if (!(name in SCORE_WEIGHTS) || typeof weight !== "number")
      fail(`--weights: "${name}" is no weight, or no number.`);
  }
  return { ...SCORE_WEIGHTS, ...given };
}

function describe({ swarms, lines, skipped }: Replay): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const largest = [...swarms].sort((a, b) => b.mostViewers - a.mostViewers).slice(0, 20);
  return [
    `${lines} lines, ${skipped} not read; ${swarms.length} swarms`,
    ...largest.flatMap(({ swarm, joins, mostViewers, offeredSameIsp, atPeak }) => [
      `${swarm}: ${joins} joins, ${mostViewers} viewers at most`,
      `  same ISP of candidates, of connections   ${percent(offeredSameIsp)}, ${percent(atPeak.sameIsp)}`,
      `  connected components                     ${atPeak.components}`,
      `  connections, busiest viewer / mean       ${atPeak.connections}, ${atPeak.busiest.toFixed(2)}`,
    ]),
  ].join("\n");
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

await main();

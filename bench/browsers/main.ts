import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "../../scripts/chromium.mjs";
import { Audience } from "./audience.ts";
import { buildPages } from "./build-pages.ts";
import { environmentOf } from "./environment.ts";
import { measure } from "./measures.ts";
import { insideOwnNetwork, layNetwork, type OwnNetwork, runInOwnNetwork } from "./network/own-network.ts";
import { behindNat } from "./network/plan.ts";
import { ensureTools, ToolsMissing } from "./network/tools.ts";
import { type BenchOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import type { PlayerName } from "./players.ts";
import { Progress } from "./progress.ts";
import { randomUnit } from "./random.ts";
import { runReport, startUpReport } from "./report.ts";
import { type RunPlace, run } from "./run.ts";
import type { RunRecord } from "./run-record.ts";
import { scenarioOf } from "./scenarios.ts";
import { loadInPairs } from "./start-up.ts";
import { compareStartUps } from "./start-up-measures.ts";
import { caveats, startUpRows, tableRows, tableText, titleOf } from "./table.ts";

/** Ctrl-C, a polite kill, or the end of `npm run bench` itself. */
function untilStopped(): AbortSignal {
  const stopped = new AbortController();
  for (const event of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(event, () => stopped.abort());
  process.once("disconnect", () => stopped.abort());
  // The channel to the starting process must not keep this one alive.
  process.channel?.unref();
  return stopped.signal;
}

/** Each repeat plays all players in turn, beginning with another one: what changes on the machine hits all of them. */
async function playInTurn(options: BenchOptions, place: RunPlace, progress: Progress) {
  const scenario = scenarioOf(options.scenario);
  const records: RunRecord[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const shift = repeat % options.players.length;
    for (const player of [...options.players.slice(shift), ...options.players.slice(0, shift)]) {
      const what = `${titleOf(player)}, ${repeat + 1} of ${options.repeats}`;
      const tell = (playedS: number, allS: number) => progress.show(`${what}: ${Math.round(playedS)} of ${allS} s`);
      records.push(await run(player, scenario, options, place, tell));
      progress.done(`${what}: played`);
    }
  }
  const players = options.players.map((player) => ({
    player,
    runs: records.filter((record) => record.player === player).map(measure),
  }));
  const rows = tableRows(players);
  return {
    rows,
    notes: caveats(players),
    measures: players,
    records,
    page: (lines: readonly string[]) => runReport(lines, rows, players, records),
  };
}

/** Plain hls.js or dash.js against each other player, page load by page load. */
async function compareLoads(options: BenchOptions, place: RunPlace, progress: Progress) {
  const scenario = scenarioOf(options.scenario);
  const pairs: { player: PlayerName; pairs: Awaited<ReturnType<typeof loadInPairs>> }[] = [];
  for (const player of options.players.filter((name) => name !== "plain")) {
    const tell = (done: number) => progress.show(`${titleOf(player)}: ${done} of ${options.pairs} pairs`);
    pairs.push({ player, pairs: await loadInPairs(player, scenario, options, place, tell) });
    progress.done(`${titleOf(player)}: loaded`);
  }
  const unit = randomUnit(options.seed);
  const measures = pairs.map((one) => [one.player, compareStartUps(one.pairs, unit)] as const);
  const rows = startUpRows(measures);
  return {
    rows,
    notes: [],
    measures,
    records: pairs,
    page: (lines: readonly string[]) => startUpReport(lines, rows, pairs),
  };
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const pagesDir = await mkdtemp(join(tmpdir(), "shoal-bench-"));
  const { homes } = scenarioOf(options.scenario);
  let audience: Audience | null = null;
  let network: OwnNetwork | null = null;
  try {
    await buildPages(pagesDir);
    network = homes && (await layNetwork(homes, options.viewers));
    audience = await Audience.open(network?.chromiums, network?.flags);
    const open = audience;
    signal.addEventListener("abort", () => void open.close(), { once: true });
    const environment = environmentOf(options, audience.version);
    console.log(`${environment.lines.join("\n")}\n`);
    const play = options.scenario === "start-up" ? compareLoads : playInTurn;
    const { rows, notes, measures, records, page } = await play(
      options,
      { audience, pagesDir, signal },
      new Progress(),
    );
    console.log(["", tableText(rows), ...notes].join("\n"));
    const all = { options, environment: environment.facts, measures, records };
    if (options.json !== null) await writeFile(options.json, `${JSON.stringify(all, null, 1)}\n`);
    if (options.report !== null) await writeFile(options.report, page([...environment.lines, ...notes]));
  } finally {
    await audience?.close().catch(() => {});
    await network?.close();
    await rm(pagesDir, { recursive: true, force: true });
  }
}

/** The same in a network of its own. */
async function benchApart({ scenario }: BenchOptions): Promise<void> {
  const { homes } = scenarioOf(scenario);
  ensureTools(homes !== null && behindNat(homes));
  await findChromium();
  process.exitCode = await runInOwnNetwork(process.argv.slice(2), signal);
}

const signal = untilStopped();
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else if (scenarioOf(options.scenario).homes === null || insideOwnNetwork()) await bench(options, signal);
  else await benchApart(options);
} catch (error) {
  const wrongUse = error instanceof UsageError;
  const lacks = error instanceof ToolsMissing;
  if (signal.aborted) process.exitCode = 130;
  else {
    console.error(error instanceof Error && (wrongUse || lacks) ? error.message : error);
    if (wrongUse) console.error("\nnpm run bench -- --help says how it is used.");
    process.exitCode = wrongUse ? 2 : 1;
  }
}

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Browser, type CDPSession, chromium, type Page } from "playwright";
import { Swarm } from "../../e2e/fixture/swarm.ts";
import { buildPage } from "../../e2e/support/build-page.ts";
import { OldChromium } from "../../e2e/support/old-chromium.ts";
import { type ScriptViewerState, scriptViewerUrl } from "../../e2e/support/script-viewer.ts";
import { shownAddressesFlags } from "../../e2e/support/shown-addresses.ts";
import { findChromium } from "../../scripts/chromium.mjs";
import { median } from "../browsers/statistics.ts";

const USAGE = `npm run soak -- [options]
  --minutes N    how long they play (10)
  --json FILE    every number`;

/** A viewer that can be measured, whichever browser it is in. */
interface Watched {
  readonly name: string;
  state(): Promise<ScriptViewerState>;
  /** By the DevTools protocol: seconds of the main thread, and JavaScript heap, bytes. */
  metrics(): Promise<{ readonly taskS: number; readonly scriptS: number; readonly heapBytes: number }>;
}

interface Sample {
  readonly minute: number;
  readonly viewer: string;
  readonly heapBytes: number;
  readonly storedBytes: number;
  readonly mediaBytes: number;
  readonly taskS: number;
  readonly scriptS: number;
}

/** A TV's budget: what the soak is about. */
const BUDGET_BYTES = 32 * 1024 * 1024;
const MIB = 1024 * 1024;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: "string" }, json: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) return console.log(USAGE);
  const minutes = Number(values.minutes ?? 10);
  if (!(minutes >= 2)) throw new Error("--minutes must be a number of at least 2: two halves are compared.");
  await buildPage();
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    args: [...shownAddressesFlags],
  });
  const swarm = await Swarm.start(browser);
  let old: OldChromium | null = null;
  try {
    const url = scriptViewerUrl(swarm, { shoal: { device: "tv" } });
    const viewers = [await today(browser, url, "today 1"), await today(browser, url, "today 2")];
    old = await OldChromium.open(72, url);
    viewers.push(ofEngine(old, "Chromium 72"));
    const samples = await sampled(viewers, minutes);
    report(samples, viewers, minutes);
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ minutes, samples }, null, 1)}\n`);
  } finally {
    await old?.close();
    await swarm.close();
    await browser.close();
  }
}

async function today(browser: Browser, url: string, name: string): Promise<Watched> {
  const page: Page = await (await browser.newContext()).newPage();
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(url);
  return {
    name,
    state: async () => JSON.parse(await page.evaluate("window.state()")) as ScriptViewerState,
    metrics: async () => metricsOf((await session.send("Performance.getMetrics")).metrics),
  };
}

function ofEngine(browser: OldChromium, name: string): Watched {
  return {
    name,
    state: async () => JSON.parse(await browser.evaluate<string>("window.state()")) as ScriptViewerState,
    metrics: async () => metricsOf(await browser.performance()),
  };
}

function metricsOf(list: readonly { readonly name: string; readonly value: number }[]) {
  const of = (name: string): number => list.find((metric) => metric.name === name)?.value ?? 0;
  return { taskS: of("TaskDuration"), scriptS: of("ScriptDuration"), heapBytes: of("JSHeapUsedSize") };
}

async function sampled(viewers: readonly Watched[], minutes: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const beganMs = Date.now();
  for (let minute = 0; minute <= minutes; minute++) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, beganMs + minute * 60_000 - Date.now())));
    for (const viewer of viewers) {
      const { stats, errors } = await viewer.state();
      if (errors.length > 0) throw new Error(`${viewer.name}: ${errors.join("; ")}`);
      const { cdnBytes = 0, peerBytes = 0, storedBytes = 0 } = stats ?? {};
      samples.push({
        minute,
        viewer: viewer.name,
        storedBytes,
        mediaBytes: cdnBytes + peerBytes,
        ...(await viewer.metrics()),
      });
    }
    console.log(`minute ${minute} of ${minutes}`);
  }
  return samples;
}

function report(samples: readonly Sample[], viewers: readonly Watched[], minutes: number): void {
  console.log(`\n${minutes} minutes, VP9 in MP4 over hls.js, everybody as a TV with ${BUDGET_BYTES / MIB} MiB\n`);
  const cost = new Map<string, number>();
  for (const { name } of viewers) {
    const own = samples.filter(({ viewer }) => viewer === name);
    // The first minute is the start.
    const [, first = own[0]] = own;
    const last = own[own.length - 1];
    if (!first || !last) continue;
    const mib = (last.mediaBytes - first.mediaBytes) / MIB;
    const perMib = ((last.taskS - first.taskS) * 1000) / mib;
    cost.set(name, perMib);
    const half = Math.ceil(own.length / 2);
    const early = median(own.slice(1, half).map(({ heapBytes }) => heapBytes)) ?? 0;
    const late = median(own.slice(half).map(({ heapBytes }) => heapBytes)) ?? 0;
    const most = Math.max(...own.map(({ storedBytes }) => storedBytes));
    console.log(
      `${name.padEnd(12)} heap ${(early / MIB).toFixed(1)} → ${(late / MIB).toFixed(1)} MiB (medians of the halves),` +
        ` kept at most ${(most / MIB).toFixed(1)} MiB, main thread ${perMib.toFixed(0)} ms a MiB` +
        ` (script ${(((last.scriptS - first.scriptS) * 1000) / mib).toFixed(0)})`,
    );
    if (most > BUDGET_BYTES) process.exitCode = 1;
  }
  const now = median([...cost].filter(([name]) => name.startsWith("today")).map(([, value]) => value)) ?? 0;
  console.log(`\nmain thread, Chromium 72 against today's: ${((cost.get("Chromium 72") ?? 0) / now).toFixed(2)} times`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

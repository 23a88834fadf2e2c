// Every check and test, one stage after the other; the last line says how many passed.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";
import { root } from "./packages.ts";
import { ensureServices } from "./services.mjs";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Stage {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Part of another stage: runs where it is named. */
  readonly only?: true;
  /** Reads how many tests ran; without it the stage is one test. */
  readonly count?: () => Counts;
}

const bin = (name: string): string => join(root, "node_modules/.bin", name);
const node = [bin("node"), "--conditions=@shoal/source"] as const;
const reports = join(root, "node_modules/.cache/shoal-tests");

const STAGES: readonly Stage[] = [
  { name: "lint", command: [bin("biome"), "check", "."] },
  { name: "build", command: [...node, "scripts/build.ts"] },
  { name: "types of tests", command: [bin("tsc"), "-p", "tsconfig.tests.json"] },
  { name: "packages", command: [...node, "scripts/check.ts"] },
  {
    name: "unit",
    command: [bin("vitest"), "run", "--reporter=dot", "--reporter=json", `--outputFile.json=${reports}/unit.json`],
    count: () => countVitest("unit.json"),
  },
  {
    name: "devices",
    only: true,
    command: [bin("playwright"), "test", "-c", "e2e/playwright.config.ts", "old-engines", "firefox", "tv-app"],
    count: () => countPlaywright("browsers.json"),
  },
  {
    name: "browsers",
    command: [bin("playwright"), "test", "-c", "e2e/playwright.config.ts"],
    count: () => countPlaywright("browsers.json"),
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !STAGES.some((stage) => stage.name === name));
if (unknown) {
  console.error(`There is no stage "${unknown}". Stages: ${STAGES.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
ensureServices();
const environment = {
  ...process.env,
  SHOAL_CHROMIUM: await findChromium(),
  NODE_OPTIONS: "--conditions=@shoal/source",
  PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
  PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, "browsers.json"),
};

const results: { readonly stage: Stage; readonly counts: Counts; readonly seconds: number }[] = [];
for (const stage of STAGES) {
  if (wanted.length > 0 ? !wanted.includes(stage.name) : stage.only) continue;
  console.log(`\n── ${stage.name}`);
  const beganMs = Date.now();
  const ok = (await run(stage.command)) === 0;
  const counts = countOf(stage, ok);
  results.push({ stage, counts, seconds: (Date.now() - beganMs) / 1000 });
}
summarise();

function countOf(stage: Stage, ok: boolean): Counts {
  const one = { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  if (!stage.count) return one;
  try {
    const counts = stage.count();
    return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } catch {
    return { ...one, passed: 0, failed: 1 };
  }
}

function run([command, ...args]: readonly [string, ...string[]]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: environment, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function report(name: string): unknown {
  return JSON.parse(readFileSync(join(reports, name), "utf8"));
}

function countVitest(name: string): Counts {
  const { numPassedTests, numFailedTests, numPendingTests } = report(name) as Record<string, number>;
  return { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0, skipped: numPendingTests ?? 0 };
}

function countPlaywright(name: string): Counts {
  const { stats } = report(name) as { stats: { expected: number; unexpected: number; flaky: number; skipped: number } };
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
}

function summarise(): void {
  const total = { passed: 0, failed: 0, skipped: 0 };
  console.log("\n── summary");
  for (const { stage, counts, seconds } of results) {
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    const verdict = `${counts.passed} passed, ${counts.failed} failed${skipped}`;
    console.log(
      `${counts.failed > 0 ? "✗" : "✓"} ${stage.name.padEnd(16)} ${verdict.padEnd(24)} ${seconds.toFixed(0)} s`,
    );
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  if (process.env.SHOAL_REQUIRE === "all" && total.skipped > 0) {
    console.log(`${total.skipped} tests were skipped, and SHOAL_REQUIRE=all allows none.`);
    total.failed += total.skipped;
  }
  process.exitCode = total.failed > 0 ? 1 : 0;
  console.log(`${total.passed} passed, ${total.failed} failed`);
}

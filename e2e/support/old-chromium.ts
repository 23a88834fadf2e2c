import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { devToolsPort } from "./said-by.ts";
import type { DrivenBrowser } from "./script-viewer.ts";
import { SocketCalls } from "./socket-calls.ts";

const require = createRequire(import.meta.url);
const unpacked = fileURLToPath(new URL("../../node_modules/.cache/shoal-old-chromium", import.meta.url));

export const OLD_ENGINES = [64, 72] as const;
export type OldEngine = (typeof OLD_ENGINES)[number];

interface Evaluation {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

/** A headless Chromium of some years ago, as on TVs, driven by the DevTools protocol: Playwright knows none so old. */
export class OldChromium implements DrivenBrowser {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #calls: SocketCalls;

  private constructor(process: ChildProcess, profile: string, calls: SocketCalls) {
    this.#process = process;
    this.#profile = profile;
    this.#calls = calls;
  }

  /**
   * @param before runs in the page before anything else of it
   * @param profile one that another browser left; a new one by default
   */
  static async open(
    engine: OldEngine,
    url: string,
    { before, profile }: { readonly before?: string | undefined; readonly profile?: string | undefined } = {},
  ): Promise<OldChromium> {
    const home = profile ?? mkdtempSync(join(tmpdir(), `chromium-${engine}-`));
    const child = spawn(
      binaryOf(engine),
      [
        ...["--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--remote-debugging-port=0"],
        ...["--autoplay-policy=no-user-gesture-required", `--user-data-dir=${home}`, "about:blank"],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const port = await devToolsPort(child);
    const calls = await SocketCalls.connect(await firstPageOf(port));
    await calls.send("Page.enable");
    await calls.send("Performance.enable");
    if (before) await calls.send("Page.addScriptToEvaluateOnNewDocument", { source: before });
    await calls.send("Page.navigate", { url });
    return new OldChromium(child, home, calls);
  }

  async evaluate<T>(expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = (await this.#calls.send("Runtime.evaluate", params)) as Evaluation;
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  /** What the engine counts of its page: durations in seconds, sizes in bytes. */
  async performance(): Promise<readonly { readonly name: string; readonly value: number }[]> {
    const { metrics } = (await this.#calls.send("Performance.getMetrics")) as {
      readonly metrics: readonly { readonly name: string; readonly value: number }[];
    };
    return metrics;
  }

  /** Presses a key of the remote control, by its code. */
  async press(keyCode: number): Promise<void> {
    for (const type of ["rawKeyDown", "keyUp"]) {
      await this.#calls.send("Input.dispatchKeyEvent", { type, windowsVirtualKeyCode: keyCode });
    }
  }

  /** A picture of the page, PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = (await this.#calls.send("Page.captureScreenshot")) as { readonly data: string };
    return Buffer.from(data, "base64");
  }

  /** Ends the browser. @param keep leaves its profile for another one to start with */
  async close(keep: boolean = false): Promise<void> {
    this.#calls.close();
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await gone;
    if (!keep) rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Whether the page's scripts still run. */
  answers(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.evaluate("1").then(
        () => {
          clearTimeout(timer);
          resolve(true);
        },
        () => resolve(false),
      );
    });
  }

  /** Whether what pages keep (`localStorage`) has reached the disk and holds a text. */
  keeps(text: string): boolean {
    const folder = join(this.#profile, "Default/Local Storage/leveldb");
    if (!existsSync(folder)) return false;
    return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text));
  }

  get profile(): string {
    return this.#profile;
  }
}

interface Target {
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

/** Where the page is driven that the browser opens by itself, a moment after it answers. */
async function firstPageOf(port: string): Promise<string> {
  for (;;) {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly Target[];
    const page = targets.find(({ type }) => type === "page");
    if (page) return page.webSocketDebuggerUrl;
  }
}

/** The program inside the npm package, unpacked once. */
function binaryOf(engine: OldEngine): string {
  const binary = join(unpacked, `chromium-${engine}`);
  if (existsSync(binary)) return binary;
  const folder = join(dirname(require.resolve(`chromium-${engine}/package.json`)), "bin");
  const packed = readdirSync(folder).find((name) => name.endsWith(".br"));
  if (!packed) throw new Error(`chromium-${engine} has no .br file in bin.`);
  mkdirSync(unpacked, { recursive: true });
  const half = `${binary}.${process.pid}`;
  writeFileSync(half, brotliDecompressSync(readFileSync(join(folder, packed))), { mode: 0o755 });
  renameSync(half, binary);
  return binary;
}

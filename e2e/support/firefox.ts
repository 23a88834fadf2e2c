import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saidBy } from "./said-by.ts";
import type { DrivenBrowser } from "./script-viewer.ts";
import { SocketCalls } from "./socket-calls.ts";

const DEBIAN = "/usr/bin/firefox-esr";

/** Path of a Firefox: `$SHOAL_FIREFOX`, or Debian's; null where there is none. */
export function findFirefox(): string | null {
  const named = process.env.SHOAL_FIREFOX ?? DEBIAN;
  return existsSync(named) ? named : null;
}

/** Plays without a gesture, tells its addresses, and asks nobody else for anything. */
const PREFERENCES = {
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.peerconnection.ice.loopback": true,
  "app.update.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
};

interface Evaluation {
  readonly type: "success" | "exception";
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string };
}

/** A headless Firefox, driven by WebDriver BiDi (W3C), which it speaks itself. */
export class Firefox implements DrivenBrowser {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #calls: SocketCalls;
  readonly #context: string;

  private constructor(process: ChildProcess, profile: string, calls: SocketCalls, context: string) {
    this.#process = process;
    this.#profile = profile;
    this.#calls = calls;
    this.#context = context;
  }

  static async open(path: string, url: string): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), "firefox-"));
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    writeFileSync(join(profile, "user.js"), lines.join("\n"));
    const child = spawn(path, ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, HOME: profile },
    });
    const calls = await SocketCalls.connect(
      `${await saidBy(child, "Firefox", /WebDriver BiDi listening on (ws:\/\/\S+)/)}/session`,
    );
    await calls.send("session.new", { capabilities: {} });
    const { context } = (await calls.send("browsingContext.create", { type: "tab" })) as { context: string };
    await calls.send("browsingContext.navigate", { context, url, wait: "complete" });
    return new Firefox(child, profile, calls, context);
  }

  async evaluate<T>(expression: string): Promise<T> {
    const target = { context: this.#context };
    const params = { expression, target, awaitPromise: true };
    const { result, exceptionDetails } = (await this.#calls.send("script.evaluate", params)) as Evaluation;
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result?.value as T;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    await this.#calls.send("browser.close").catch(() => this.#process.kill("SIGKILL"));
    await gone;
    this.#calls.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

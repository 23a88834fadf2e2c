import type { ChildProcess } from "node:child_process";

/** Starting a browser takes no longer, however busy the machine is. */
const STARTS_WITHIN_MS = 60_000;

/** What a browser says of itself on its error output, such as where it listens. @param pattern with one group: the answer */
export function saidBy(child: ChildProcess, name: string, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`${name} did not start: ${said}`)), STARTS_WITHIN_MS);
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const [, answer] = pattern.exec(said) ?? [];
      if (answer === undefined) return;
      clearTimeout(timer);
      resolve(answer);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${code}: ${said}`));
    });
  });
}

/** Where a Chromium that was told to take any port listens for the DevTools protocol. */
export const devToolsPort = (child: ChildProcess): Promise<string> =>
  saidBy(child, "Chromium", /DevTools listening on ws:\/\/[^:]+:(\d+)\//);

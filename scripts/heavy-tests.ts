import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./packages.ts";
import { ensureServices } from "./services.mjs";

/** What lengthens tests; see the tests that read them. */
const AT_LENGTH = { SHOAL_HEAVY: "1", SHOAL_FUZZ_MESSAGES: "1000000" };

/** Runs tests with everything that is shortened or left out in `npm test`. @param given files instead of all of them */
export function runHeavyTests(all: readonly string[], given: readonly string[] = process.argv.slice(2)): void {
  ensureServices();
  const bin = join(root, "node_modules/.bin");
  const child = spawn(join(bin, "vitest"), ["run", "--project", "node", ...(given.length > 0 ? given : all)], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...AT_LENGTH,
      ...process.env,
      NODE_OPTIONS: "--conditions=@shoal/source",
      PATH: `${bin}:${process.env.PATH}`,
    },
  });
  child.once("error", (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

// npm run soak: minutes of real playback on a TV's budget, Chromium 72 beside today's; see bench/soak. Needs `npm run build`.
import { ensureInstalled, reexec } from "./bootstrap.mjs";

try {
  await ensureInstalled();
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --conditions=@shoal/source`.trim();
  await reexec("bench/soak/main.ts", process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

// npm run soak: minutes of real playback on a TV's budget, Chromium 72 beside today's; see bench/soak. Needs `npm run build`.
import { runCommand } from "./bootstrap.mjs";

await runCommand("bench/soak/main.ts");

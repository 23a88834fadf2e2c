// npm start: the demo. Runs on Node 20 from a fresh clone; see examples/demo for what it does.
import { runCommand } from "./bootstrap.mjs";

await runCommand("examples/demo/src/main.ts");

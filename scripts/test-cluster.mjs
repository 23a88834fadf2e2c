// `npm run test:cluster`: what of the cluster's tests takes too long for `npm test`. Runs on Node 20 from a fresh clone.
import { runCommand } from "./bootstrap.mjs";

await runCommand("scripts/run-cluster-tests.ts");

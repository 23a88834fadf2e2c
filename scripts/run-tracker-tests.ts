// The tracker's tests with everything that is shortened in `npm test` at full length.
import { runHeavyTests } from "./heavy-tests.ts";

runHeavyTests(["tracker", "bench/tracker"]);

// Chart, images and autoscaler on a real control plane, with the event day.
import { runHeavyTests } from "./heavy-tests.ts";

runHeavyTests(["helm", "tracker/autoscaler"]);

// Chart, images and autoscaler on a real control plane, with the event day and the trackers that stand for pods.
import { runHeavyTests } from "./heavy-tests.ts";

runHeavyTests(["helm", "tracker/autoscaler"]);

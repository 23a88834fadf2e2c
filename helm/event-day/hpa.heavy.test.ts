import { afterAll, beforeAll, describe, it } from "vitest";
import { because, CONTROL_PLANE, missingBinaries } from "../cluster/binaries.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { beginDay, type EventDay, LEAST } from "./event-day.ts";
import { type ExternalMetric, serveExternalMetric } from "./external-metrics.ts";
import { endsStepByStep, isRaisedBefore, returnsToTheFloor, scalesAboveTheFloor } from "./story.ts";

const lacks = missingBinaries("helm", ...CONTROL_PLANE);

describe.skipIf(lacks.length > 0)(`the event day with an HPA on an external metric${because(lacks)}`, () => {
  let cluster: ControlPlane;
  let metric: ExternalMetric;
  let day: EventDay;
  let viewers = 0;
  const holders = new Set<string>();
  const audience = {
    get viewers() {
      return viewers;
    },
    become: async (wanted: number) => {
      viewers = wanted;
    },
    // The first pods hold all viewers, as the trackers of KEDA's day do: however many there are, the sum is true.
    metricsOf: async (pod: string) => {
      if (holders.size < LEAST) holders.add(pod);
      return `shoal_tracker_connections ${holders.has(pod) ? Math.floor(viewers / LEAST) : 0}\n`;
    },
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    metric = await serveExternalMetric(cluster, "viewers", () => viewers);
    day = await beginDay(
      cluster,
      {
        ...{ title: "HPA on an external metric", kind: "hpa", floor: "minReplicas" },
        ...{ settings: ["autoscaling.mode=hpa,autoscaling.external.metricName=viewers"], maxSockets: 10_000 },
      },
      audience,
    );
  }, 120_000);
  afterAll(async () => {
    await day?.close("hpa");
    await metric?.close();
    await cluster?.stop();
  });

  it("is raised before it, scales above the floor under load and back to it, is never lowered in it, then goes down step by step", async () => {
    await isRaisedBefore(day);
    await scalesAboveTheFloor(day);
    await returnsToTheFloor(day);
    await endsStepByStep(day);
  }, 400_000);
});

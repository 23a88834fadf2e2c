import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { because, CONTROL_PLANE, foreignCrds, missingBinaries } from "../cluster/binaries.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { KEDA, type Keda, startKeda } from "../cluster/keda.ts";
import { beginDay, type EventDay, LEAST } from "./event-day.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { endsStepByStep, isRaisedBefore, returnsToTheFloor, scalesAboveTheFloor } from "./story.ts";
import { startTrackerCrowd, type TrackerCrowd } from "./tracker-crowd.ts";

const crds = foreignCrds();
const lacks = [
  ...missingBinaries("helm", "prometheus", ...CONTROL_PLANE, ...KEDA),
  ...(crds ? [] : ["SHOAL_TEST_CRDS"]),
];

interface ScaledObject {
  readonly spec: { readonly triggers: readonly { readonly metadata: { readonly query: string } }[] };
}
interface Hpa {
  readonly spec: { readonly minReplicas: number };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

describe.skipIf(lacks.length > 0)(`the event day with KEDA, Prometheus and trackers${because(lacks)}`, () => {
  let cluster: ControlPlane;
  let keda: Keda;
  let prometheus: Prometheus;
  let audience: TrackerCrowd;
  let day: EventDay;

  beforeAll(async () => {
    cluster = await startControlPlane();
    keda = await startKeda(cluster, crds ?? "");
    prometheus = await startPrometheus();
    audience = await startTrackerCrowd(LEAST);
    const keys = `autoscaling.keda.prometheusUrl=${prometheus.url},autoscaling.keda.pollingSeconds=1`;
    day = await beginDay(
      cluster,
      {
        ...{ title: "ScaledObject of KEDA on trackers that Prometheus scrapes", kind: "scaledobject" },
        ...{ floor: "minReplicaCount", maxSockets: 20 },
        settings: ["autoscaling.mode=keda", keys],
      },
      audience,
    );
  }, 120_000);
  afterAll(async () => {
    await day?.close("keda");
    await audience?.stop();
    await prometheus?.stop();
    await keda?.stop();
    await cluster?.stop();
  });

  it("is raised before it, scales above the floor under load and back to it, is never lowered in it, then goes down step by step", async () => {
    await day.seen(({ floor, ready }) => [floor, ready]).toEqual([LEAST, LEAST]);
    const pods = await day.pods();
    audience.standFor(pods);
    const scraped = audience.trackers.map(({ url }, at) => ({
      ...{ address: new URL(url).host, namespace: "video", pod: pods[at] ?? "" },
    }));
    // Of another namespace and another workload: none of the chart's.
    const strangers = scraped.flatMap((one) => [
      { ...one, namespace: "test" },
      { ...one, pod: "other-tracker-0" },
    ]);
    prometheus.scrape([...scraped, ...strangers]);
    const { spec } = (await day.read("scaledobject", "shoal-tracker")) as ScaledObject;
    const query = spec.triggers[0]?.metadata.query ?? "";
    const eventually = (get: () => Promise<unknown>) => expect.poll(get, { timeout: 50_000, interval: 200 });
    await eventually(() => prometheus.ask(query)).toBe(0);
    const hpa = async (): Promise<Hpa> => (await day.read("hpa", "keda-hpa-shoal-tracker")) as Hpa;

    await isRaisedBefore(day);
    expect((await hpa()).spec.minReplicas).toBe(day.looks.at(-1)?.floor);
    await scalesAboveTheFloor(day);
    expect(await prometheus.ask(query)).toBe(audience.viewers);

    // Prometheus that sees no tracker does not say that nobody is there.
    const isMeasured = async (): Promise<string | undefined> =>
      (await hpa()).status.conditions?.find(({ type }) => type === "ScalingActive")?.status;
    await eventually(isMeasured).toBe("True");
    const { replicas } = await day.look();
    const fromHere = day.looks.length;
    prometheus.scrape([]);
    await day.seen(isMeasured).toBe("False");
    expect(day.looks.slice(fromHere).filter((now) => now.replicas < replicas)).toEqual([]);
    prometheus.scrape([...scraped, ...strangers]);
    await day.seen(isMeasured).toBe("True");

    await returnsToTheFloor(day);
    await endsStepByStep(day);
    // Whoever watches to the end was never moved: pods without viewers went.
    expect(await day.pods()).toEqual(pods);
  }, 400_000);
});

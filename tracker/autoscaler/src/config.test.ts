import { describe, expect, it } from "vitest";
import { AUTOSCALER_DEFAULTS, autoscalerOptionsFrom } from "./config.ts";
import { manual } from "./manual.ts";
import { countSockets, socketsFromMetrics } from "./sockets.ts";

describe("environment variables of the autoscaler", () => {
  it("may all be missing", () => expect(autoscalerOptionsFrom({})).toEqual(AUTOSCALER_DEFAULTS));

  it.each([
    ["SHOAL_AUTOSCALER_TARGETS", "[]"],
    ["SHOAL_AUTOSCALER_TARGETS", '[{"kind":"Deployment","name":"a","selector":"b"}]'],
    ["SHOAL_AUTOSCALER_LEAD_MINUTES", "-1"],
    ["SHOAL_AUTOSCALER_SCHEDULE", "http"],
    ["SHOAL_AUTOSCALER_DRY_RUN", "yes"],
  ])("%s=%s is refused by name", (name, value) => {
    expect(() => autoscalerOptionsFrom({ [name]: value })).toThrow(`${name} must be`);
  });

  it("are all in the README (npx vitest run tracker/autoscaler -u writes it)", async () => {
    await expect(manual()).toMatchFileSnapshot("../README.md");
  });
});

describe("viewers of a pod", () => {
  const pod = { name: "t-1", ip: "10.0.0.1", isReady: true };

  it("are what its metrics say, and unknown where they say nothing", async () => {
    const answer = (body: string, status = 200) =>
      socketsFromMetrics("http://{ip}:1/{name}", async () => new Response(body, { status }))(pod);
    expect(await answer("# HELP x\nshoal_tracker_connections 412\n")).toBe(412);
    expect(await answer("other 1\n")).toBeNull();
    expect(await answer("shoal_tracker_connections 412\n", 500)).toBeNull();
    const asked: unknown[] = [];
    const read = socketsFromMetrics("http://{ip}:9464/metrics?{name}", async (url) => {
      asked.push(url);
      throw new Error("refused");
    });
    expect(await read({ ...pod, ip: "fd00::1" })).toBeNull();
    expect(asked).toEqual(["http://[fd00::1]:9464/metrics?t-1"]);
  });

  it("are counted of all that answer", async () => {
    const pods = Array.from({ length: 40 }, (_, at) => ({ ...pod, name: `t-${at}` }));
    const counts = await countSockets(pods, async ({ name }) => (name === "t-7" ? null : 10));
    expect(counts.size).toBe(39);
  });
});

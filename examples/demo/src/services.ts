import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOrigin, type Origin } from "@shoal/origin";
import { buildPage } from "./build-page.ts";
import { startChild } from "./child-service.ts";
import { startControlServer } from "./control-server.ts";
import { TrackerSwitch } from "./tracker-switch.ts";

/** Everything that a swarm needs, on this machine. */
export interface Services {
  /** Serves the streams and the pages. */
  readonly origin: Origin;
  readonly tracker: TrackerSwitch;
  /** Ends all of it. May be called twice. */
  close(): Promise<void>;
}

/**
 * Builds the pages and starts origin, sealer, tracker and the buttons' endpoint.
 *
 * @param died called if sealer or tracker ends by itself
 */
export async function startServices(
  port: number,
  died: (service: string, lastWords: string) => void,
): Promise<Services> {
  const ends: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    for (const end of ends.reverse()) await end();
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    const dir = await mkdtemp(join(tmpdir(), "shoal-demo-"));
    ends.push(() => rm(dir, { recursive: true, force: true }));
    const [origin] = await Promise.all([createOrigin({ port, pages: [{ mount: "/", dir }] }), buildPage(dir)]);
    ends.push(() => origin.close());
    const sealer = await startChild(
      "./sealer-program.ts",
      { SHOAL_SEALER_PORT: "0", SHOAL_MEDIA_BASE: `${origin.url}/`, SHOAL_LOG_LEVEL: "warn" },
      (words) => died("sealer", words),
    );
    ends.push(() => sealer.stop());
    const tracker = new TrackerSwitch(sealer.url, (words) => died("tracker", words));
    ends.push(() => tracker.stop());
    await tracker.start();
    const control = await startControlServer(tracker, origin.url);
    ends.push(() => control.close());
    await writeFile(join(dir, "services.json"), JSON.stringify({ tracker: tracker.url, control: control.url }));
    return { origin, tracker, close };
  } catch (error) {
    await close();
    throw error;
  }
}

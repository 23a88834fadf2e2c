import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePorts, Programs } from "../cluster/programs.ts";

const READY_WITHIN_MS = 60_000;
const NAME = "prometheus";

/** What is scraped, with the labels that the Prometheus operator gives a pod. */
export interface ScrapedPod {
  /** Such as `127.0.0.1:8000`. */
  readonly address: string;
  readonly namespace: string;
  readonly pod: string;
}

/** A Prometheus on loopback that looks every second. */
export interface Prometheus {
  readonly url: string;
  /** From now on these, and nothing else. */
  scrape(pods: readonly ScrapedPod[]): void;
  /** What a query gives now; `null` where it gives nothing. @throws Error where it gives several values */
  ask(query: string): Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts one. @throws Error with the end of its log */
export async function startPrometheus(): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "shoal-prometheus-"));
  const file = (name: string): string => join(folder, name);
  const programs = new Programs(folder);
  const stop = async (): Promise<void> => {
    await programs.endAll();
    rmSync(folder, { recursive: true, force: true });
  };
  const scrape = (pods: readonly ScrapedPod[]): void => {
    const found = pods.map(({ address, ...labels }) => ({ targets: [address], labels }));
    writeFileSync(file("next.json"), JSON.stringify(found));
    renameSync(file("next.json"), file("pods.json"));
  };
  try {
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    scrape([]);
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [{ job_name: "trackers", file_sd_configs: [{ files: [file("pods.json")] }] }],
    };
    // JSON is YAML as well.
    writeFileSync(file("prometheus.yml"), JSON.stringify(config));
    programs.start(NAME, [
      ...["--config.file", file("prometheus.yml"), "--storage.tsdb.path", file("data")],
      ...["--web.listen-address", `127.0.0.1:${port}`],
    ]);
    const untilMs = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const answer = await fetch(`${url}/-/ready`).catch(() => null);
      if (answer?.ok) break;
      if (Date.now() > untilMs || !programs.isRunning(NAME))
        throw new Error(`Prometheus is not ready.\n${programs.tail(NAME)}`);
      await delay(100);
    }
    return { url, scrape, ask: (query) => ask(url, query), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ask(url: string, query: string): Promise<number | null> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Prometheus does not answer ${query}: ${text}`);
  const { result } = (JSON.parse(text) as { data: { result: readonly { value: readonly [number, string] }[] } }).data;
  if (result.length > 1) throw new Error(`${query} gives ${result.length} values.`);
  return result[0] ? Number(result[0].value[1]) : null;
}

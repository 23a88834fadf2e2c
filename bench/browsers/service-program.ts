import { once } from "node:events";
import { SEALER_DEFAULTS, startSealer } from "@shoal/sealer";
import { startTracker, TRACKER_DEFAULTS } from "@shoal/tracker";
// It has no types of its own.
// @ts-expect-error
import TorrentTracker from "bittorrent-tracker/server";
import type { ServiceOptions } from "./service.ts";

/** What introduces viewers, in a process of its own: it must not take time from the origin. Says `{ url }` to its parent. */
interface Service {
  readonly url: string;
  close(): Promise<void>;
}

async function shoal({ originUrl, host, stunUrl }: ServiceOptions): Promise<Service> {
  const sealerSecret = "bench";
  const at = { host, port: 0, secret: sealerSecret };
  const sealer = await startSealer({ ...SEALER_DEFAULTS, ...at, mediaBase: `${originUrl}/`, logLevel: "error" });
  const tracker = await startTracker({
    ...TRACKER_DEFAULTS,
    host,
    port: 0,
    open: true,
    iceServers: stunUrl === null ? [] : [{ urls: [stunUrl], username: null, credential: null }],
    sealerSecret,
    sealerUrl: sealer.url,
    sealUrl: `${sealer.url}/v1/seal`,
    ispFromQuery: true,
    logLevel: "error",
  });
  return {
    url: tracker.url,
    async close() {
      await tracker.close();
      await sealer.close();
    },
  };
}

interface TorrentServer {
  readonly http: { address(): { readonly port: number } };
  on(event: "error" | "warning" | "listening", listener: () => void): void;
  listen(port: number, host: string): void;
  close(done: () => void): void;
}

async function webtorrent(): Promise<Service> {
  const Server = (TorrentTracker as { default?: unknown }).default ?? TorrentTracker;
  const server = new (Server as new (options: object) => TorrentServer)({ udp: false, http: true, ws: true });
  server.on("error", () => {});
  server.on("warning", () => {});
  const listening = new Promise<void>((resolve) => server.on("listening", resolve));
  server.listen(0, "127.0.0.1");
  await listening;
  return {
    url: `ws://127.0.0.1:${server.http.address().port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const [kind, options = ""] = process.argv.slice(2);
// Ctrl-C reaches the whole foreground; the parent decides who ends when.
process.on("SIGINT", () => {});
const ended = Promise.race([once(process, "SIGTERM"), once(process, "disconnect")]);
const service = await (kind === "shoal" ? shoal(JSON.parse(options) as ServiceOptions) : webtorrent());
process.send?.({ url: service.url });
await ended;
await Promise.race([service.close(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
process.exit();

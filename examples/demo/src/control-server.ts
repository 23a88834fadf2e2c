import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TrackerSwitch } from "./tracker-switch.ts";

/** What the page's buttons talk to: `GET /tracker`, `POST /tracker/kill` and `POST /tracker/start`, answered alike. */
export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

/** @param pageOrigin the only origin that may ask, such as `http://127.0.0.1:8080` */
export async function startControlServer(tracker: TrackerSwitch, pageOrigin: string): Promise<ControlServer> {
  const act = async (route: string): Promise<boolean> => {
    if (route === "GET /tracker") return true;
    if (route === "POST /tracker/kill") await tracker.kill();
    else if (route === "POST /tracker/start") await tracker.start();
    else return false;
    return true;
  };
  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", pageOrigin);
    response.setHeader("cache-control", "no-store");
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    // Any page can send a simple POST to loopback; only ours may kill a process.
    if (request.headers.origin !== pageOrigin) return answer(403, { error: "Only the demo's own page may ask." });
    act(`${request.method} ${request.url}`).then(
      (known) =>
        known ? answer(200, { running: tracker.running }) : answer(404, { error: "There is no such button." }),
      (error: unknown) => answer(500, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

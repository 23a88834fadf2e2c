import type { Duplex } from "node:stream";

const REASONS = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable" } as const;

/** Ends a request that does not become a socket. A browser sees nothing of it but that it failed. */
export function refuseRequest(stream: Duplex, status: keyof typeof REASONS): void {
  stream.on("error", () => {});
  stream.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, "latin1");
}

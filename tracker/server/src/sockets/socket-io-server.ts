import type { Server as HttpServer } from "node:http";
import { Server, type Socket } from "socket.io";
import { refuseRequest } from "./refuse-request.ts";
import {
  MOST_PAYLOADS,
  RefusedJoin,
  type ViewerHandlers,
  type ViewerServer,
  type ViewerServerOptions,
} from "./viewer-server.ts";

/** Viewers' connections by socket.io itself. */
export function socketIoServer<T>(
  http: HttpServer,
  options: ViewerServerOptions,
  handlers: ViewerHandlers<T>,
): ViewerServer {
  const io = new Server(http, {
    transports: ["websocket"],
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    pingInterval: options.pingIntervalMs,
    pingTimeout: options.pingTimeoutMs,
    maxHttpBufferSize: options.maxMessageBytes,
    connectTimeout: options.joinWithinMs,
    allowRequest: (request, answer) => {
      const refusal = handlers.refuseUpgrade(request);
      if (refusal === null) return answer(null, true);
      // engine.io would answer 400 whatever the reason, and no load balancer would try the next pod.
      refuseRequest(request.socket, refusal);
    },
  });
  io.use((socket, next) => {
    const { address, headers, query, auth } = socket.handshake;
    const admitting = handlers.admit({ remoteAddress: address, headers, query: query as Record<string, string>, auth });
    forgetAddress(socket);
    admitting.then(
      (admission) => {
        if (admission instanceof RefusedJoin) return next(admission);
        if (socket.conn.readyState !== "open") {
          handlers.abandoned(admission);
          return next(new Error("The connection was closed."));
        }
        socket.data = { admission };
        next();
      },
      () => next(new Error("The join could not be checked.")),
    );
  });
  io.on("connection", (socket) => {
    const { admission } = socket.data as { readonly admission: T };
    handlers.joined(
      {
        on: (event, handle) =>
          void socket.on(event, (...payloads) => {
            for (const payload of payloads.slice(0, MOST_PAYLOADS)) handle(payload);
          }),
        onClose: (handle) => void socket.once("disconnect", handle),
        emit: (event, payload) => void socket.emit(event, payload),
        close: () => void socket.disconnect(true),
      },
      admission,
    );
  });
  return {
    get size() {
      return io.engine.clientsCount;
    },
    broadcast: (event, payload) => void io.emit(event, payload),
    close: async () => {
      await io.close();
    },
  };
}

/** The address served its purpose; what socket.io keeps for the life of a socket need not include it. */
function forgetAddress(socket: Socket): void {
  Object.assign(socket.handshake, { address: "", headers: {} });
  Object.assign(socket.request, { headers: {}, rawHeaders: [] });
  Object.assign(socket.conn, { remoteAddress: "" });
}

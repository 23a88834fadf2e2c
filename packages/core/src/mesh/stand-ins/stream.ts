import { Emitter } from "@socket.io/component-emitter";

/**
 * The part of a Node Duplex stream that simple-peer stands on: events, and `push` of what arrived. Shoal sends through
 * `send`, so nothing is ever written or buffered here. socket.io brings the events.
 */
export class Duplex extends Emitter<Record<string, never>, Record<string, never>> {
  push(chunk: unknown): void {
    (this as unknown as { emit(name: string, chunk: unknown): void }).emit("data", chunk);
  }
}

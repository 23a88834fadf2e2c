import type { SocketServer } from "@shoal/tracker";
import { inTurns } from "./contact.ts";
import { OurContact } from "./our-contact.ts";
import { MeasuredServer } from "./server.ts";

const FIRST = 1_000;
const AT_ONCE = 64;

/** Resident memory of our tracker for each viewer that joined and made its five pairs, bytes; garbage collected. */
export async function memoryPerViewer(viewers: number, socketServer: SocketServer): Promise<number> {
  const server = await MeasuredServer.start("shoal", { joinsPerSecond: 0, maxLoopDelayMs: 0, socketServer });
  const all: OurContact[] = [];
  const join = async (count: number): Promise<void> => {
    const more = Array.from({ length: count }, () => new OurContact(server.url, "compact"));
    all.push(...more);
    await inTurns(more, AT_ONCE, (one) => one.first());
  };
  try {
    // What the process needs in any case, and what its code takes once it is warm, is there after the first thousand.
    await join(FIRST);
    const before = await server.useCollected();
    await join(viewers);
    await server.settled();
    const after = await server.useCollected();
    return (after.residentBytes - before.residentBytes) / viewers;
  } finally {
    for (const one of all) one.close();
    await server.stop();
  }
}

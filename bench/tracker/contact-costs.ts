import type { SdpForm } from "@shoal/load";
import type { SocketServer } from "@shoal/tracker";
import { inTurns } from "./contact.ts";
import { OurContact } from "./our-contact.ts";
import { MeasuredServer } from "./server.ts";
import { TheirContact } from "./their-contact.ts";

/** Server CPU of one operation, microseconds. */
export interface ContactCosts {
  readonly first: number;
  readonly steady: number;
}

/** Contacts before the ones that are measured: the server's code is compiled, and there is somebody to be introduced to. */
const WARM_UP = 400;
/** Clients that connect at the same time, as in a crowd: a server that waits for each of them is not what is measured. */
const AT_ONCE = 64;

async function measure<T extends OurContact | TheirContact>(
  server: MeasuredServer,
  make: (known: number) => T,
  count: number,
): Promise<ContactCosts> {
  const all: T[] = [];
  const contact = (): T => {
    const made = make(all.length);
    all.push(made);
    return made;
  };
  // The first ones come one by one: nobody waits for more others than there are.
  for (let at = 0; at < 16; at++) await contact().first();
  await inTurns(Array.from({ length: WARM_UP }, contact), AT_ONCE, (one) => one.first());
  const measured = Array.from({ length: count }, contact);
  const before = await server.settled();
  await inTurns(measured, AT_ONCE, (one) => one.first());
  const joined = await server.settled();
  for (const one of all) if (one instanceof TheirContact) one.rest();
  await inTurns(all.slice(0, WARM_UP), AT_ONCE, (one) => one.steady());
  const rested = await server.settled();
  await inTurns(measured, AT_ONCE, (one) => one.steady());
  const after = await server.settled();
  for (const one of all) one.close();
  return {
    first: (joined.cpuMicros - before.cpuMicros) / count,
    steady: (after.cpuMicros - rested.cpuMicros) / count,
  };
}

export async function ourCosts(count: number, sdp: SdpForm, socketServer: SocketServer): Promise<ContactCosts> {
  const server = await MeasuredServer.start("shoal", { joinsPerSecond: 0, maxLoopDelayMs: 0, socketServer });
  return measure(server, () => new OurContact(server.url, sdp), count).finally(() => server.stop());
}

export async function theirCosts(count: number): Promise<ContactCosts> {
  const server = await MeasuredServer.start("bittorrent-tracker");
  return measure(server, (known) => new TheirContact(server.url, known), count).finally(() => server.stop());
}

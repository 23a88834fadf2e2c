import { expect } from "vitest";
import { type EventDay, LEAST, MINUTE_MS } from "./event-day.ts";

/** Pods that the event's expected viewers need: ten by sockets and one to spare. */
const PLANNED = 11;
/** Pods that more viewers than expected fill. */
const SURGE = 25;

/** Before the event: the floor is raised, and all pods are ready before anybody comes. */
export async function isRaisedBefore(day: EventDay): Promise<void> {
  await day.seen(({ floor, ready }) => [floor, ready]).toEqual([LEAST, LEAST]);
  await day.announce((PLANNED - 1) * day.maxSockets, 20 * MINUTE_MS, 70 * MINUTE_MS);
  await day.seen((now) => [now.floor, now.ready]).toEqual([PLANNED, PLANNED]);
  expect(await day.phase()).toBe("Preparing");
  await day.seen(day.phase).toBe("Live");
}

/** More come than were expected: what measures the load answers, the floor stays. */
export async function scalesAboveTheFloor(day: EventDay): Promise<void> {
  await day.audience.become(SURGE * day.heldViewers);
  // An HPA lets a tenth pass: 23 are near enough to 25.
  await day.seen(({ replicas }) => replicas).toBeGreaterThanOrEqual(SURGE - 2);
  const { floor } = await day.look();
  expect(floor).toBeGreaterThanOrEqual(PLANNED);
  // The floor follows open sockets, not what measures the load.
  expect(floor).toBeLessThan(SURGE - 2);
}

/** Most of them go again: replicas fall to the floor and no further. */
export async function returnsToTheFloor(day: EventDay): Promise<void> {
  const { looks } = day;
  await day.audience.become(LEAST * day.heldViewers);
  await day.seen((now) => now.replicas === now.floor).toBe(true);
  const isPrepared = (now: (typeof looks)[number]): boolean => Math.min(now.floor, now.replicas, now.ready) >= PLANNED;
  expect(await day.phase()).toBe("Live");
  const inEvent = looks.slice(looks.findIndex(isPrepared));
  expect(inEvent.filter((now) => !isPrepared(now))).toEqual([]);
}

/** After the end: down to the floor of a day without events, step by step. A few viewers stay. */
export async function endsStepByStep(day: EventDay): Promise<void> {
  await day.seen(day.phase).toBe("Over");
  const fromHere = day.looks.length;
  await day.audience.become(LEAST * Math.floor(day.heldViewers / 2));
  await day.seen((now) => [now.floor, now.replicas, now.ready]).toEqual([LEAST, LEAST, LEAST]);
  const after = day.looks.slice(fromHere).map(({ floor }) => floor);
  for (const [at, floor] of after.entries()) {
    const before = after[at - 1] ?? floor;
    expect(floor).toBeLessThanOrEqual(before);
    // Two steps at most lie between two looks.
    expect(before - floor).toBeLessThanOrEqual(2 * Math.max(1, Math.floor(before / 5)));
  }
  expect(new Set(after).size).toBeGreaterThan(3);
}

import type { Variant } from "./endless.ts";

/** An encoder's life: from one live index on, its file names count from `firstNumber` and its bytes are `variant`'s. */
export interface EncoderRun {
  readonly firstIndex: number;
  readonly firstNumber: number;
  readonly variant: Variant;
}

/** All that decides which segments exist when. Times in Unix ms. */
export interface LiveClock {
  readonly startedAtMs: number;
  readonly segmentMs: number;
  /** Segments in the playlist. */
  readonly windowSegments: number;
  /** In ascending order of `firstIndex`; the first begins at 0. */
  readonly runs: readonly EncoderRun[];
  /** File names are counted modulo this; absent: they count on. */
  readonly cyclicNames?: number;
}

/** One segment of the live stream. */
export interface LiveSegment {
  /** Its place in the stream, which never starts again: EXT-X-MEDIA-SEQUENCE counts these. */
  readonly index: number;
  /** The encoder's number, which decides bytes and decode time. */
  readonly number: number;
  /** The number in its file name. */
  readonly nameNumber: number;
  readonly run: EncoderRun;
}

/** Unix ms of the stream's beginning. A full window lies before `startedAtMs`, so a player starts at once. */
export function originTimeMs(clock: LiveClock): number {
  return clock.startedAtMs - clock.windowSegments * clock.segmentMs;
}

/** Index of the newest complete segment; it became available when its last moment had passed. */
export function newestIndex(clock: LiveClock, nowMs: number): number {
  return Math.floor((nowMs - originTimeMs(clock)) / clock.segmentMs) - 1;
}

/** What the playlist lists at a time, oldest first. */
export function listedSegments(clock: LiveClock, nowMs: number): readonly LiveSegment[] {
  const newest = newestIndex(clock, nowMs);
  return range(Math.max(0, newest - clock.windowSegments + 1), newest).map((index) => segmentAt(clock, index));
}

/** The segment behind a file name now: listed, or gone from the list for at most two windows more. */
export function servedSegment(clock: LiveClock, nowMs: number, nameNumber: number): LiveSegment | undefined {
  const newest = newestIndex(clock, nowMs);
  const served = range(Math.max(0, newest - 3 * clock.windowSegments + 1), newest);
  return served.map((index) => segmentAt(clock, index)).findLast((segment) => segment.nameNumber === nameNumber);
}

/** The segment at an index, whether or not it exists yet. */
export function segmentAt(clock: LiveClock, index: number): LiveSegment {
  const run = clock.runs.findLast(({ firstIndex }) => firstIndex <= index) ?? noRun();
  const number = run.firstNumber + index - run.firstIndex;
  return { index, number, nameNumber: number % (clock.cyclicNames ?? Number.POSITIVE_INFINITY), run };
}

/**
 * Whether the decode times of the segment at an index do not follow those before it: a restarted encoder and, where
 * `loopSegments` is given, each new turn of a loop whose times are not rewritten.
 */
export function isDiscontinuity(clock: LiveClock, index: number, loopSegments?: number): boolean {
  if (index <= 0) return false;
  const { run, number } = segmentAt(clock, index);
  return run.firstIndex === index || (loopSegments !== undefined && (number + run.variant) % loopSegments === 0);
}

/** How many discontinuities lie before an index: EXT-X-DISCONTINUITY-SEQUENCE of a playlist that begins with it. */
export function discontinuitiesBefore(clock: LiveClock, index: number, loopSegments?: number): number {
  return clock.runs.reduce((sum, { firstIndex, firstNumber, variant }, position) => {
    const end = Math.min(index, clock.runs[position + 1]?.firstIndex ?? index);
    if (end <= firstIndex) return sum;
    const first = firstNumber + variant;
    const last = first + end - 1 - firstIndex;
    const turns = loopSegments === undefined ? 0 : Math.floor(last / loopSegments) - Math.floor(first / loopSegments);
    return sum + turns + (firstIndex > 0 ? 1 : 0);
  }, 0);
}

/**
 * The runs after a restart that is made known at this moment: what is available stays as it is, and the next segment
 * is the new encoder's.
 *
 * @param announcedSegments so many of the old encoder's still come
 */
export function restarted(
  clock: LiveClock,
  nowMs: number,
  { firstNumber, variant }: Omit<EncoderRun, "firstIndex">,
  announcedSegments = 0,
): readonly EncoderRun[] {
  const firstIndex = Math.max(0, newestIndex(clock, nowMs) + 1 + announcedSegments);
  return [...clock.runs.filter((run) => run.firstIndex < firstIndex), { firstIndex, firstNumber, variant }];
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
}

function noRun(): never {
  throw new Error("A live stream needs an encoder run that begins at index 0.");
}

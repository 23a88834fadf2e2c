/** How fast a home's line is, bits per second. */
export interface Access {
  readonly downBps: number;
  readonly upBps: number;
}

/** What the bundled ladder's best picture takes with its sound, bits per second. */
export const BEST_BPS = 1_476_000;

/**
 * The bundled stream takes 1.5 Mbit/s where a usual one takes 5, so lines are usual ones scaled by 0.3: fibre 50/20
 * Mbit/s, DSL 16/2.4, mobile 20/5. `slow`: all together can send 1.3 times what all need.
 */
export const ACCESS = {
  fibre: { downBps: 15_000_000, upBps: 6_000_000 },
  dsl: { downBps: 4_800_000, upBps: 720_000 },
  mobile: { downBps: 6_000_000, upBps: 1_500_000 },
  slow: { downBps: 10_000_000, upBps: 1.3 * BEST_BPS },
} as const satisfies Readonly<Record<string, Access>>;
export type AccessName = keyof typeof ACCESS;

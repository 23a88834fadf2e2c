import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { PROBE_MS, type ProbeRim, probe } from "./probe.ts";

const DAY_MS = 86_400_000;

/** A browser profile: what one page writes the next one reads. */
class Profile {
  readonly clock = new VirtualClock();
  kept: string | null = null;
  agent = "Chrome/69";
  tried = 0;
  #leave: () => void = () => {};

  page(channel: () => Promise<void>, more: Partial<ProbeRim> = {}): Promise<string> {
    return probe({
      clock: this.clock,
      agent: this.agent,
      read: () => this.kept,
      write: (text) => {
        this.kept = text;
      },
      tryChannel: () => {
        this.tried++;
        return channel();
      },
      onLeave: (callback) => {
        this.#leave = callback;
        return () => {
          this.#leave = () => {};
        };
      },
      ...more,
    });
  }

  leave(): void {
    this.#leave();
  }
}

const works = (): Promise<void> => Promise.resolve();
const never = (): Promise<void> => new Promise(() => {});

describe("trying data channels", () => {
  it("is done once, and remembered until the browser is another one or a month has passed", async () => {
    const profile = new Profile();
    expect(await profile.page(works)).toBe("works");
    expect(await profile.page(works)).toBe("works");
    expect(profile.tried).toBe(1);
    profile.agent = "Chrome/76";
    await profile.page(works);
    expect(profile.tried).toBe(2);
    await profile.clock.pass(31 * DAY_MS);
    await profile.page(works);
    expect(profile.tried).toBe(3);
  });

  it("fails where no channel opens in time, and is done again after a week", async () => {
    const profile = new Profile();
    const page = profile.page(never);
    await profile.clock.pass(PROBE_MS);
    expect(await page).toBe("fails");
    expect(await profile.page(works)).toBe("fails");
    await profile.clock.pass(8 * DAY_MS);
    expect(await profile.page(works)).toBe("works");
  });

  it("fails where the browser throws", async () => {
    expect(await new Profile().page(() => Promise.reject(new Error("not built in")))).toBe("fails");
  });

  it("never again where a page was gone before it knew: it froze, or crashed", async () => {
    const profile = new Profile();
    void profile.page(never, { clock: new VirtualClock() });
    await profile.clock.pass(PROBE_MS + 1);
    expect(await profile.page(works)).toBe("crashed");
    expect(await profile.page(works)).toBe("crashed");
    expect(profile.tried).toBe(1);
  });

  it("takes the verdict of another tab that is trying, once it is there", async () => {
    const profile = new Profile();
    let open = (): void => {};
    const first = profile.page(
      () =>
        new Promise((resolve) => {
          open = resolve;
        }),
    );
    const second = profile.page(never);
    await profile.clock.pass(1_000);
    open();
    expect(await first).toBe("works");
    await profile.clock.pass(PROBE_MS);
    expect(await second).toBe("works");
    expect(profile.tried).toBe(1);
  });

  it("gives up where the other tab is gone without a verdict", async () => {
    const profile = new Profile();
    void profile.page(never, { clock: new VirtualClock() });
    const second = profile.page(works);
    await profile.clock.pass(PROBE_MS);
    expect(await second).toBe("crashed");
    expect(profile.tried).toBe(1);
  });

  it("leaves no mark behind where the page is merely closed meanwhile", async () => {
    const profile = new Profile();
    void profile.page(never);
    profile.leave();
    expect(await profile.page(works)).toBe("works");
  });

  it("goes on without storage, and with nonsense in it", async () => {
    const broken = {
      read: () => {
        throw new Error("blocked");
      },
      write: () => {
        throw new Error("full");
      },
    };
    expect(await new Profile().page(works, broken)).toBe("works");
    for (const nonsense of ["{", "7", '["works"]', '["soon",0,"Chrome/69"]']) {
      const profile = new Profile();
      profile.kept = nonsense;
      expect(await profile.page(works)).toBe("works");
      expect(profile.tried).toBe(1);
    }
  });
});

import { chromium } from "@playwright/test";
import { chromiumFlags } from "../../scripts/chromium.mjs";
import { expect, Swarm, test, untilMeshed } from "../fixture/index.ts";

/** Chromium with the throttling of background tabs that a viewer's own has. */
const throttling = chromiumFlags.filter(
  (flag) => !/background|occluded|renderer/.test(flag) || /networking/.test(flag),
);

test("a tab in the background keeps playing and sharing", async () => {
  const { SHOAL_CHROMIUM: executablePath = "/usr/bin/chromium" } = process.env;
  const browser = await chromium.launch({ executablePath, args: [...throttling] });
  try {
    const swarm = await Swarm.start(browser);
    try {
      const [hidden] = await swarm.openMany(3);
      await untilMeshed(swarm);
      const inFront = await hidden?.page.context().newPage();
      await inFront?.bringToFront();
      const before = await hidden?.state();
      await swarm.play(16);
      const after = await hidden?.state();
      expect(after?.errors).toEqual([]);
      expect(after?.stallMs).toBe(0);
      expect(after?.stats?.peerBytes).toBeGreaterThan((before?.stats?.peerBytes ?? 0) + 500_000);
      expect(swarm.bytes.wrong(after?.played ?? [])).toEqual([]);
    } finally {
      await swarm.close();
    }
  } finally {
    await browser.close();
  }
});

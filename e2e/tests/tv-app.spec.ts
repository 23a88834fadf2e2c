import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, VENDORS } from "../../examples/tv/pack.mjs";
import { expect, test } from "../fixture/index.ts";
import { OldChromium } from "../support/old-chromium.ts";
import { shownAddresses } from "../support/shown-addresses.ts";

test.use(shownAddresses);

const KEY = { ok: 13, down: 40, back: 10009, pause: 19 };

let out: string;
test.beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "tv-"));
});
test.afterEach(() => rmSync(out, { recursive: true, force: true }));

test("the TV app is chosen by remote control on an engine of 2020, and shares with a browser of today", async ({
  startSwarm,
}, testInfo) => {
  const swarm = await startSwarm({ origin: { pages: [{ mount: "/tv", dir: out }] } });
  const settings = join(out, "settings.js");
  const channels = [
    { name: "Nothing", manifest: `${swarm.origin.url}/nowhere.m3u8` },
    { name: "The sea", manifest: `${swarm.origin.url}/vp9/master.m3u8` },
  ];
  writeFileSync(settings, `window.SETTINGS = ${JSON.stringify({ tracker: swarm.tracker.url, channels })};`);
  pack(out, settings);
  await swarm.open({ manifest: "/vp9/master.m3u8" });
  const set = await OldChromium.open(72, `${swarm.origin.url}/tv/tizen/index.html`);
  try {
    const text = (id: string): Promise<string> => set.evaluate(`(document.getElementById("${id}") || {}).textContent`);
    await expect.poll(() => text("channels")).toBe("NothingThe sea");
    writeFileSync(testInfo.outputPath("menu.png"), await set.screenshot());
    await set.press(KEY.down);
    await set.press(KEY.ok);
    await expect.poll(() => text("status"), { timeout: 60_000 }).toMatch(/^\d+ % from 1 viewers$/);
    writeFileSync(testInfo.outputPath("watching.png"), await set.screenshot());
    const paused = (): Promise<boolean> => set.evaluate(`document.getElementById("video").paused`);
    await set.press(KEY.pause);
    expect(await paused()).toBe(true);
    await set.press(KEY.ok);
    expect(await paused()).toBe(false);
    await set.press(KEY.back);
    expect(await set.evaluate("document.body.className")).toBe("");
    await expect.poll(() => text("status")).toBe("");
  } finally {
    await set.close();
  }
});

test("the page with nothing but script tags plays and shares on an engine of 2020", async ({ startSwarm }) => {
  const swarm = await startSwarm({ origin: { pages: [{ mount: "/embed", dir: out }] } });
  await swarm.open({ manifest: "/vp9/master.m3u8" });
  const [app = ""] = pack(join(out, "app"));
  for (const name of ["hls.min.js", "shoal-stub.js", "shoal-hls.js", "shoal-mesh.js"]) {
    copyFileSync(join(app, name), join(out, name));
  }
  const page = readFileSync(new URL("../../examples/embed/index.html", import.meta.url), "utf8");
  const here = page
    .replace("https://cdn.example/live/master.m3u8", `${swarm.origin.url}/vp9/master.m3u8`)
    .replace("https://tracker.example", swarm.tracker.url)
    // A page of a broadcaster's keeps its player to itself.
    .replace("hls = new Player", "hls = window.player = new Player");
  writeFileSync(join(out, "index.html"), here);
  const browser = await OldChromium.open(72, `${swarm.origin.url}/embed/index.html`);
  try {
    const peerBytes = "window.player && player.shoal ? player.shoal.stats().peerBytes : 0";
    // The navigation was only begun: the page and its player come later.
    await expect.poll(() => browser.evaluate<boolean>("!!window.player"), { timeout: 60_000 }).toBe(true);
    await browser.evaluate("document.getElementById('video').play()");
    await expect.poll(() => browser.evaluate<number>(peerBytes), { timeout: 60_000 }).toBeGreaterThan(0);
  } finally {
    await browser.close();
  }
});

test("each vendor's package holds everything that its page and its manifest name", () => {
  const folders = pack(out);
  expect(folders.length).toBe(VENDORS.length);
  for (const folder of folders) {
    const named = [...readFileSync(join(folder, "index.html"), "utf8").matchAll(/(?:src|href)="([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(4);
    for (const [, file = ""] of named) expect(readFileSync(join(folder, file)).length).toBeGreaterThan(0);
  }
  const [tizen = "", webos = ""] = folders;
  const { icon, largeIcon, main } = JSON.parse(readFileSync(join(webos, "appinfo.json"), "utf8")) as Record<
    string,
    string
  >;
  const config = readFileSync(join(tizen, "config.xml"), "utf8");
  const inConfig = [...config.matchAll(/ src="([^"]+)"/g)].map(([, file]) => join(tizen, file ?? ""));
  for (const file of [...[icon, largeIcon, main].map((name) => join(webos, name ?? "")), ...inConfig]) {
    expect(readFileSync(file).length, file).toBeGreaterThan(0);
  }
});

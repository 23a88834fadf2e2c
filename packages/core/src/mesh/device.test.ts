import { describe, expect, it } from "vitest";
import { DEFAULTS } from "../options.ts";
import { DESKTOP } from "../testing/desktop.ts";
import { AFFORDED, classOf, policyOf } from "./device.ts";

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
const tizen = "Mozilla/5.0 (SMART-TV; LINUX; Tizen 5.5) AppleWebKit/537.36 Chrome/69.0.3497.106/5.5 TV Safari/537.36";
const webos =
  "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/68.0.3440.106 Safari/537.36";
const android = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36";
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.1 Mobile/15E148";
const galaxy =
  "Mozilla/5.0 (Linux; Tizen 2.3; SAMSUNG SM-Z130H) AppleWebKit/537.3 SamsungBrowser/2.3 Mobile Safari/537.3";
const hbbtv = "HbbTV/1.5.1 (+DRM;Sony;BRAVIA;PKG;2019;) Chrome/84";
const fireTv = "Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7633) AppleWebKit/537.36 Chrome/110 Safari/537.36";
const box = "Mozilla/5.0 (STB; Linux armv7l) AppleWebKit/538.1";

describe("the class of a device", () => {
  it.each([
    ["desktop", chrome],
    ["tv", tizen],
    ["tv", webos],
    ["tv", hbbtv],
    ["tv", fireTv],
    ["phone", android],
    ["phone", iphone],
    ["phone", galaxy],
    ["set-top-box", box],
  ] as const)("is %s for %s", (device, userAgent) => {
    expect(classOf(userAgent)).toBe(device);
  });
});

describe("the policy of a device", () => {
  const rulesOf = (facts: Partial<typeof DESKTOP>, options: Partial<typeof DEFAULTS> = {}) =>
    policyOf({ ...DESKTOP, userAgent: chrome, ...facts }, { ...DEFAULTS, ...options });

  it("gives a desktop computer all, and says why", () => {
    const policy = rulesOf({});
    expect(policy).toMatchObject({ device: "desktop", sharing: "full", ...AFFORDED.desktop });
    expect(policy.rules.map(({ rule }) => rule)).toEqual(["device"]);
  });

  it("gives a TV 32 MiB, and an old box few neighbours", () => {
    expect(rulesOf({ userAgent: tizen })).toMatchObject({
      memoryBytes: 32 * 2 ** 20,
      maxPeers: 10,
      piecesInFlight: 48,
    });
    expect(rulesOf({ userAgent: box }).maxPeers).toBe(8);
  });

  it("takes only on a mobile network and on a low battery, and nothing where data is saved", () => {
    expect(rulesOf({ cellular: true })).toMatchObject({ sharing: "download" });
    expect(rulesOf({ lowBattery: true })).toMatchObject({ sharing: "download" });
    const saving = rulesOf({ cellular: true, saveData: true });
    expect(saving.sharing).toBe("off");
    expect(saving.rules.map(({ rule, effect }) => `${rule}: ${effect}`).slice(1)).toEqual([
      "cellular: download",
      "save-data: off",
    ]);
    expect(saving.rules.map(({ reason }) => reason)).toEqual([chrome, "onCellular", "onSaveData"]);
  });

  it("is what the options say where they do", () => {
    const options = { device: "tv", memoryBytes: 48 * 2 ** 20, maxPeers: 3, onCellular: "full" } as const;
    const policy = rulesOf({ cellular: true }, options);
    expect(policy).toMatchObject({ device: "tv", memoryBytes: 48 * 2 ** 20, maxPeers: 3, sharing: "full" });
    expect(policy.rules.filter(({ rule }) => rule === "option").map(({ effect }) => effect)).toEqual([
      "memoryBytes",
      "maxPeers",
    ]);
  });
});

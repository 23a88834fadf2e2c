import { chromiumFlags } from "../../scripts/chromium.mjs";

/** An engine that cannot resolve mDNS names finds nobody whose addresses are hidden behind them: here they are shown. */
export const shownAddressesFlags: readonly string[] = [
  ...chromiumFlags,
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

/** For `test.use`: today's Chromium beside another engine. */
export const shownAddresses = {
  launchOptions: {
    executablePath: process.env.SHOAL_CHROMIUM ?? "/usr/bin/chromium",
    args: [...shownAddressesFlags],
  },
};

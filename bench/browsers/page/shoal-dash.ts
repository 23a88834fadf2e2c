import { withShoal } from "@shoal/dash";
import { playDash } from "./dash-player.ts";
import { shoalTraffic } from "./shoal-traffic.ts";
import { watchChannels } from "./wire-log.ts";

const wire = watchChannels();

playDash((player, { tracker, engine }) => {
  const shoal = withShoal(player, { ...engine, ...(tracker === null ? {} : { tracker }) });
  return { traffic: () => shoalTraffic(shoal), wire };
});

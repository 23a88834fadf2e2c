import { playDash } from "./dash-player.ts";

playDash(() => ({ traffic: null }));

import { Choice } from "./choice.ts";
import { Directions } from "./directions.ts";
import { factsHtml, offloadHtml } from "./facts.ts";
import { History } from "./history.ts";
import { drawHistory } from "./history-chart.ts";
import { ISPS } from "./names.ts";
import { type OriginCounts, OriginWatch } from "./origin-counts.ts";
import { sourceColours } from "./paper.ts";
import { type CdnState, ServicesClient } from "./services.ts";
import { MOST_VIEWERS, Swarm } from "./swarm.ts";
import { SwarmCanvas } from "./swarm-canvas.ts";
import { PLAYER_WORDS, type PlayerName, type StreamName } from "./viewer-report.ts";

const FIRST_VIEWERS = 6;
const JOIN_EVERY_MS = 1_500;
const LOOK_MS = 500;
const COUNT_EVERY_MS = 2_000;
const HISTORY_S = 90;
/** Live segments come every 4 s, so a shorter mean would only show their rhythm. */
const HISTORY_MEAN_S = 4;
const JOURNAL_LINES = 12;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

const colours = sourceColours(ISPS.length);
const stage = element("stage");
const swarmCanvas = new SwarmCanvas(stage.querySelector("canvas") ?? document.createElement("canvas"));
const swarm = new Swarm({ stage, list: element("cards"), hub: element("hub") }, swarmCanvas, colours, (name) =>
  tell(`${name} left`),
);
const history = new History(ISPS);
const directions = new Directions();
const originWatch = new OriginWatch();
const beganMs = performance.now();
const services = await ServicesClient.find();

let stream: StreamName = "live";
let players: readonly PlayerName[] = ["hls"];
let joins: ReturnType<typeof setTimeout> | undefined;
let totals = { cdnBytes: 0, peerBytes: 0 };
let counts: OriginCounts = { sealer: { bytes: 0 }, segments: {} };
let lookedMs = performance.now();

function tell(words: string): void {
  const line = document.createElement("li");
  const time = document.createElement("time");
  const seconds = Math.floor((performance.now() - beganMs) / 1000);
  time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  line.append(time, words);
  const journal = element("journal");
  journal.prepend(line);
  while (journal.children.length > JOURNAL_LINES) journal.lastElementChild?.remove();
}

function join(): void {
  if (swarm.size >= MOST_VIEWERS) return;
  const { name, isp, player } = swarm.join(stream, players, services.tracker);
  tell(`${name} joined from ${isp}${players.length > 1 ? ` with ${PLAYER_WORDS[player]}` : ""}`);
}

/** Everybody joins anew, one after the other. */
function begin(): void {
  clearTimeout(joins);
  swarm.clear();
  history.clear();
  directions.clear();
  originWatch.clear();
  totals = { cdnBytes: 0, peerBytes: 0 };
  let left = FIRST_VIEWERS;
  const next = (): void => {
    join();
    if (--left > 0) joins = setTimeout(next, JOIN_EVERY_MS);
  };
  next();
}

function look(): void {
  const nowMs = performance.now();
  const { flows, reports } = swarm.look(nowMs - lookedMs);
  lookedMs = nowMs;
  history.add(nowMs, flows);
  directions.add(flows, (name) => swarm.playerOf(name));
  for (const { from, bytes } of flows) totals[from === null ? "cdnBytes" : "peerBytes"] += bytes;
  const lastMinute = history.last(nowMs, 60);
  element("offload").innerHTML = offloadHtml(lastMinute);
  const copies = originWatch.copiesPerSegment(counts, nowMs);
  const crossing = players.length > 1 ? directions.crossing : null;
  const sealerBytes = counts.sealer.bytes;
  element("facts").innerHTML = factsHtml({ lastMinute, reports, totals, crossing, copies, sealerBytes });
  const cdnBytes = history.last(nowMs, HISTORY_MEAN_S)[0] ?? 0;
  element("hub-rate").textContent = `${((cdnBytes * 8) / HISTORY_MEAN_S / 1e6).toFixed(1)} Mbit/s`;
  for (const [network, isp] of ISPS.entries()) {
    const size = swarm.sizeOf(isp);
    element(`network-${network}`).innerHTML = `<b>${isp}</b><br>${size} ${size === 1 ? "viewer" : "viewers"}`;
  }
  (element("add") as HTMLButtonElement).disabled = swarm.size >= MOST_VIEWERS;
  const canvas = element("history");
  if (canvas instanceof HTMLCanvasElement) {
    drawHistory(canvas, history.rates(nowMs, HISTORY_S, HISTORY_MEAN_S), colours);
  }
}

const CDN_WORDS: Readonly<Record<CdnState, string>> = {
  well: "The CDN is well again",
  slow: "Brown-out: the CDN has 4 Mbit/s for everybody",
  cut: "The CDN answers every segment with 503",
};

new Choice<CdnState>(element("cdn"), "well", async (state) => {
  await services.setCdn(state);
  element("hub").dataset.state = state;
  tell(CDN_WORDS[state]);
});
new Choice<"kill" | "start">(element("tracker"), (await services.trackerRuns()) ? "start" : "kill", async (act) => {
  const running = await services.setTracker(act);
  tell(
    running ? "The tracker runs again; viewers come back within a minute" : "The tracker was killed; connections stay",
  );
});
new Choice<StreamName>(element("stream"), stream, async (chosen) => {
  stream = chosen;
  await services.resetCounts();
  tell(chosen === "live" ? "Now live" : "Now on demand");
  begin();
});
new Choice<PlayerName | "both">(element("players"), "hls", async (chosen) => {
  players = chosen === "both" ? ["hls", "dash"] : [chosen];
  await services.resetCounts();
  tell(chosen === "both" ? "Now hls.js and dash.js in one swarm" : `Now all with ${PLAYER_WORDS[chosen]}`);
  begin();
});
element("add").addEventListener("click", join);
element("legend").innerHTML = ["CDN", ...ISPS.map((isp) => `viewers in ${isp}`)]
  .map((words, source) => `<span><i style="background:${colours[source]}"></i>${words}</span>`)
  .join("");

await services.setCdn("well");
await services.resetCounts();
setInterval(look, LOOK_MS);
setInterval(() => {
  services.counts().then(
    (now) => {
      counts = now;
    },
    () => tell("The demo’s own server does not answer: was npm start ended?"),
  );
}, COUNT_EVERY_MS);
begin();

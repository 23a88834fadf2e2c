/** What the page shows. */
export interface StatusFacts {
  readonly pod: string;
  readonly pods: number;
  readonly state: string;
  readonly viewers: number;
  readonly joins: number;
  readonly refused: number;
  readonly joinRate: number;
  readonly loopDelayMs: number;
  readonly relayConnected: boolean;
  readonly sealerConnected: boolean;
  readonly cdnBytes: number;
  readonly peerBytes: number;
  readonly stalls: number;
  readonly swarms: readonly { readonly id: string; readonly viewers: number; readonly sealing: string }[];
  readonly isps: readonly { readonly isp: string; readonly viewers: number }[];
}

/** Rows of a table at most; the largest come first. */
export const MOST_ROWS = 20;

/** The page at `/`, for people: how this tracker stands, in plain HTML that asks for nothing else. */
export function statusPage(facts: StatusFacts): string {
  const { cdnBytes, peerBytes } = facts;
  const delivered = cdnBytes + peerBytes;
  const offload = delivered > 0 ? `${((100 * peerBytes) / delivered).toFixed(1)} %` : "–";
  const tiles = [
    ["viewers", whole(facts.viewers), `on ${facts.pods} ${facts.pods === 1 ? "pod: this one" : "pods: here"}`],
    [
      "offload",
      offload,
      delivered > 0 ? `${bytes(peerBytes)} of ${bytes(delivered)}, as viewers report` : "nothing reported yet",
    ],
    ["joins", whole(facts.joins), `${whole(facts.refused)} refused`],
    ["stalls", whole(facts.stalls), "as viewers report"],
  ];
  const health = [
    ["state", facts.state],
    ["joins let in", facts.joinRate === 0 ? "as many as come" : `${whole(facts.joinRate)} a second at most`],
    ["event loop late by", `${facts.loopDelayMs.toFixed(0)} ms (9 of 10)`],
    ["sealer", facts.sealerConnected ? "reached" : "not reached: nothing is shared"],
    ["other pods", facts.relayConnected ? "reached" : "not reached: Redis is away"],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Shoal tracker ${safe(facts.pod)}</title>
<style>${STYLE}</style>
<header><h1>Shoal tracker</h1><p>${safe(facts.pod)}</p></header>
<main>
<section class="tiles">${tiles.map(([name = "", value = "", note = ""]) => `<div><h2>${name}</h2><strong>${safe(value)}</strong><p>${safe(note)}</p></div>`).join("")}</section>
<section><h2>Health</h2><table>${health.map(([name = "", value = ""]) => `<tr><th>${name}<td>${safe(value)}`).join("")}</table></section>
<section><h2>Swarms</h2>${table(
    ["swarm", "viewers", "seals"],
    facts.swarms.map(({ id, viewers, sealing }) => [id, whole(viewers), sealing]),
  )}</section>
<section><h2>ISP groups</h2>${table(
    ["ISP group", "viewers", "share"],
    facts.isps.map(({ isp, viewers }) => [
      isp,
      whole(viewers),
      `${((100 * viewers) / Math.max(1, facts.viewers)).toFixed(0)} %`,
    ]),
  )}</section>
</main>
</html>
`;
}

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 16%,transparent)}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1.2rem}
header{display:flex;align-items:baseline;gap:1rem;border-bottom:1px solid var(--line);margin-bottom:1.5rem}
h1{font-size:1.3rem;margin:.4rem 0}h2{font-size:.8rem;font-weight:600;opacity:.65;margin:0 0 .3rem}
header p,.tiles p{opacity:.65;margin:0}section{margin-bottom:2rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem}
.tiles div{border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem}.tiles strong{font-size:1.8rem;font-weight:600}
table{border-collapse:collapse;width:100%}th,td{text-align:left;font-weight:400;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{opacity:.65}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "<p>Nobody is here.</p>";
  const kind = (at: number): string => (at === 0 || head[at] === "seals" ? "" : ' class="n"');
  const heads = head.map((name, at) => `<th${kind(at)}>${safe(name)}`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell, at) => `<td${kind(at)}>${safe(cell)}`).join("")}`).join("");
  return `<table><thead><tr>${heads}</thead>${body}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Content ids and ISP names come from outside. */
const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1_000 ** step).toPrecision(3)} ${units[step]}`;
}

import { FETCH_CAUSES } from "./cdn.ts";
import { bars, columns, lines } from "./charts.ts";
import type { Measures } from "./measures.ts";
import { summary } from "./summary.ts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1d2730}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}pre{background:#f3f5f7;padding:1rem;overflow:auto}
svg{width:100%;height:auto}text{font:12px system-ui,sans-serif;fill:#51606d}`;

/** A page of its own with the figures of a run: no script, no request. @param wallMs real time the run took */
export function page(measures: Measures, control: Measures, wallMs: number): string {
  const { segments, steadyMs, options, upload } = measures;
  const shown = segments.filter(({ publishedMs }) => publishedMs <= options.seconds * 1000 - 13_000);
  const at = (ms: number): number => ms / 1000;
  const played = new Map(control.segments.map(({ number, copies }) => [number, copies]));
  const offload = shown.map(({ publishedMs, number, copies }) => {
    const viewers = Math.max(1, played.get(number) ?? 1);
    return { x: at(publishedMs), y: Math.max(0, 100 * (1 - copies / viewers)) };
  });
  const stacks = shown.map(({ publishedMs, byCause }) => ({
    x: at(publishedMs),
    parts: FETCH_CAUSES.map((cause) => byCause[cause]),
  }));
  const spread = [
    { name: "half of the viewers", points: shown.map((s) => ({ x: at(s.publishedMs), y: at(s.halfMs) })) },
    { name: "95 %", points: shown.map((s) => ({ x: at(s.publishedMs), y: at(s.mostMs) })) },
  ];
  const title = `Shoal simulated: ${options.viewers} viewers`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
<pre>${summary(measures, control, wallMs)}</pre>
<h2>Offload by segment, % (steady from ${Math.round(at(steadyMs))} s)</h2>
${lines([{ name: "offload", points: offload }], { most: 100, unit: "%" })}
<h2>CDN copies per segment, by cause</h2>
${columns(stacks, FETCH_CAUSES)}
<h2>Segment in the player's buffer, seconds after publication</h2>
${lines(spread, { most: Math.max(1, ...shown.map((s) => at(s.mostMs))), unit: "s" })}
<h2>Sent by each viewer that gives, most first, MiB</h2>
${bars(upload.bytes.map((bytes) => bytes / 2 ** 20))}
</body></html>
`;
}

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { audience } from "./audience.ts";
import { ourCosts, theirCosts } from "./contact-costs.ts";
import { flashCrowd } from "./flash-crowd.ts";
import { describeTrace } from "./flash-trace.ts";
import { measurePicks } from "./matching-picks.ts";
import { memoryPerViewer } from "./memory.ts";
import { describeRows, rowsOf, type TrackerMeasures } from "./rows.ts";
import { sealBytesPerViewerHour } from "./seal-bytes.ts";

const ROWS = ["contacts", "memory", "picks", "audience", "seals", "flash"] as const;

const USAGE = `npm run bench:tracker -- [--rounds 5] [--contacts 2000] [--only ${ROWS.join(",")}] [--json FILE]

Our tracker beside bittorrent-tracker's server, in turns, each doing five pairs a contact. What is compared is the server's
own CPU time. The limits are judged on SHOAL_SOCKET_SERVER=ws; what socket.io's own server, the default, does stands beside it.
Ends with 1 where a row does not hold.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      contacts: { type: "string", default: "2000" },
      only: { type: "string", default: ROWS.join(",") },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const only = new Set(values.only.split(","));
  const said = (text: string): void => void process.stderr.write(`${text}\n`);
  const ours: TrackerMeasures["ours"][number][] = [];
  const oursFull: TrackerMeasures["ours"][number][] = [];
  const oursSocketIo: TrackerMeasures["ours"][number][] = [];
  const theirs: TrackerMeasures["ours"][number][] = [];
  const contacts = Number(values.contacts);
  for (let round = 1; only.has("contacts") && round <= Number(values.rounds); round++) {
    said(`contacts, round ${round} of ${values.rounds}`);
    ours.push(await ourCosts(contacts, "compact", "ws"));
    theirs.push(await theirCosts(contacts));
    oursFull.push(await ourCosts(contacts, "full", "ws"));
    oursSocketIo.push(await ourCosts(contacts, "compact", "socket.io"));
  }
  const measure = async <T>(name: string, how: () => T | Promise<T>): Promise<T | null> => {
    if (!only.has(name)) return null;
    said(name);
    return how();
  };
  const measures: TrackerMeasures = {
    ours,
    oursFull,
    oursSocketIo,
    theirs,
    memoryBytes: await measure("memory", () => memoryPerViewer(6_000, "ws")),
    memorySocketIoBytes: await measure("memory", () => memoryPerViewer(6_000, "socket.io")),
    picks: await measure("picks", () => measurePicks([10_000, 1_000_000])),
    audience: await measure("audience", () => audience(2_000)),
    sealBytes: await measure("seals", () => sealBytesPerViewerHour(2_000)),
    flash: await measure("flash", () => flashCrowd(12_000, "ws")),
    flashSocketIo: await measure("flash", () => flashCrowd(12_000, "socket.io")),
  };
  const rows = rowsOf(measures);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  for (const [server, flash] of Object.entries({ ws: measures.flash, "socket.io": measures.flashSocketIo })) {
    if (flash) process.stdout.write(`flash crowd, ${server}\n${describeTrace(flash.trace)}\n\n`);
  }
  process.stdout.write(`${describeRows(rows)}\n${machine}\n`);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine, rows, measures }, null, 2)}\n`);
  if (rows.some(({ holds }) => !holds)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

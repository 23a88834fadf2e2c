#!/usr/bin/env node
import { parseArgs } from "node:util";
import { createOrigin } from "./server.ts";

const usage = `shoal-origin: a bundled stream as live and VOD, counted byte by byte.

  --port N                    default 8080; 0 takes a free one
  --host ADDRESS              default 127.0.0.1
  --window N                  segments of 4 s in the live playlist, default 6
  --vod-segments N            length of the VOD streams, default 75
  --latency-ms N              before the first byte of an answer
  --response-kbps N           rate of one answer
  --total-kbps N              rate of all answers together
  --page MOUNT=FOLDER         also serve a folder of web pages; may be given again
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    host: { type: "string", default: "127.0.0.1" },
    window: { type: "string", default: "6" },
    "vod-segments": { type: "string", default: "75" },
    "latency-ms": { type: "string" },
    "response-kbps": { type: "string" },
    "total-kbps": { type: "string" },
    page: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  const latencyMs = values["latency-ms"];
  const response = values["response-kbps"];
  const total = values["total-kbps"];
  const origin = await createOrigin({
    port: Number(values.port),
    host: values.host,
    windowSegments: Number(values.window),
    vodSegments: Number(values["vod-segments"]),
    ...(latencyMs === undefined ? {} : { latencyMs: Number(latencyMs) }),
    ...(response === undefined ? {} : { bitsPerSecondPerResponse: Number(response) * 1000 }),
    ...(total === undefined ? {} : { totalBitsPerSecond: Number(total) * 1000 }),
    pages: values.page.map((page) => {
      const [mount = "", ...dir] = page.split("=");
      return { mount, dir: dir.join("=") };
    }),
  });
  const paths = ["live/master.m3u8", "live/master.mpd", "vod/master.m3u8", "vod/master.mpd", "vod-range/master.m3u8"];
  const others = ["vod-aes/master.m3u8", "ts/master.m3u8", "vod-ts/master.m3u8", "_origin/counts"];
  for (const path of [...paths, ...others]) console.log(`${origin.url}/${path}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => origin.close());
}

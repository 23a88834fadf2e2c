import { readFileSync } from "node:fs";
import {
  anyText,
  defaultsOf,
  json,
  type OptionsOf,
  oneOfWords,
  readEnvironment,
  variable,
  wholeNumber,
} from "./environment.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";
import { readStreamMap, type StreamMap } from "./sources.ts";

const streamMap = {
  expected: 'JSON such as {"my-id":{"manifests":["https://…/main.m3u8"]}}, or the path of a file with it',
  read: (text: string): StreamMap | undefined => {
    try {
      return readStreamMap(JSON.parse(text.trimStart().startsWith("{") ? text : readFileSync(text, "utf8")));
    } catch {
      return undefined;
    }
  },
};

const headers = json<Readonly<Record<string, string>>>('JSON such as {"authorization":"Bearer …"}', (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.values(value).every((item) => typeof item === "string") ? (value as Record<string, string>) : undefined;
});

const urlPrefix = {
  expected: "a URL such as https://cdn.example/live/",
  read: (text: string) => (/^https?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
};

/** Every variable of the sealer: the only place where its name, default and meaning stand. */
export const SEALER_VARIABLES = {
  host: variable(
    "SHOAL_SEALER_HOST",
    anyText,
    "127.0.0.1",
    "Address to listen on; other than loopback needs a secret.",
  ),
  port: variable("SHOAL_SEALER_PORT", wholeNumber(0, 65_535), 8_001, "Port to listen on; 0 takes a free one."),
  secret: variable("SHOAL_SEALER_SECRET", anyText, "", "Secret that trackers must know."),
  mediaBase: variable(
    "SHOAL_MEDIA_BASE",
    urlPrefix,
    "",
    "What the sealer may read: URLs that start like this. Without it or a map, nothing is sealed or shared.",
  ),
  streams: variable<StreamMap>(
    "SHOAL_STREAMS",
    streamMap,
    {},
    "Manifests of contents whose id is not the manifest's path; `mediaBase` is the path that names are relative to.",
  ),
  headers: variable("SHOAL_SEALER_HEADERS", headers, {}, "Headers that the CDN wants to see."),
  query: variable("SHOAL_SEALER_QUERY", anyText, "", "Query that the CDN wants to see, such as `token=abc`."),
  sealKey: variable(
    "SHOAL_SEAL_KEY",
    anyText,
    "",
    "P-256 private key: PEM, JWK, or the path of a file. Without it one is made at each start, and viewers must rejoin.",
  ),
  minViewers: variable(
    "SHOAL_SEALER_MIN_VIEWERS",
    wholeNumber(1, 1_000_000),
    2,
    "Viewers from which on a track is sealed.",
  ),
  maxSegmentBytes: variable(
    "SHOAL_SEALER_MAX_SEGMENT_BYTES",
    wholeNumber(65_536, 1_073_741_824),
    67_108_864,
    "Larger segments are not sealed.",
  ),
  maxSealsPerSwarm: variable(
    "SHOAL_SEALER_MAX_SEALS",
    wholeNumber(16, 1_000_000),
    4_000,
    "Seals kept of one swarm, about 1.5 kB each.",
  ),
  maxStreams: variable("SHOAL_SEALER_MAX_STREAMS", wholeNumber(1, 1_000_000), 1_000, "Swarms followed at once."),
  logLevel: variable<LogLevel>("SHOAL_LOG_LEVEL", oneOfWords(LOG_LEVELS), "info", "Least level that is logged."),
} as const;

/** Options of a sealer. */
export type SealerOptions = OptionsOf<typeof SEALER_VARIABLES>;

/** The options where nothing is set. */
export const SEALER_DEFAULTS: SealerOptions = defaultsOf(SEALER_VARIABLES);

/** Options from environment variables. @throws ConfigError that names the variable and what it must be */
export function sealerOptionsFrom(environment: Readonly<Record<string, string | undefined>>): SealerOptions {
  return readEnvironment(SEALER_VARIABLES, environment);
}

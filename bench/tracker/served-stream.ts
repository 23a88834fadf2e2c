import type { LoadStream } from "@shoal/load";
import { createOrigin } from "@shoal/origin";
import { contentIdOf, mediaBaseOf, segmentName, type TrackId, trackIdOf } from "@shoal/protocol";
import { SEALER_DEFAULTS, startSealer } from "@shoal/sealer";

/** The bundled live stream, with a sealer that reads it. */
export interface ServedStream {
  readonly contentId: string;
  readonly stream: LoadStream;
  /** What a tracker must be told of the sealer, as its manual names it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const MANIFEST = "/live/master.m3u8";
const SECRET = "bench";

/** Serves and seals the bundled ladder: three pictures and sound, 4 s segments. */
export async function serveStream(): Promise<ServedStream> {
  const origin = await createOrigin();
  const sealer = await startSealer({
    ...SEALER_DEFAULTS,
    ...{ host: "127.0.0.1", port: 0, secret: SECRET, mediaBase: `${origin.url}/`, logLevel: "error" },
  });
  const master = await textAt(origin.url + MANIFEST);
  const at = (uri: string): string => new URL(uri, origin.url + MANIFEST).href;
  const mediaBase = mediaBaseOf(at(""));
  const [first, ...others] = await Promise.all(lines(master).map((uri) => trackAt(at(uri), mediaBase)));
  const sound = /TYPE=AUDIO.*URI="([^"]+)"/.exec(master)?.[1];
  if (!first || sound === undefined) throw new Error("The bundled stream has no picture or no sound.");
  return {
    contentId: contentIdOf(at("")),
    stream: { manifest: MANIFEST, renditions: [first, ...others], sound: await trackAt(at(sound), mediaBase) },
    environment: { SHOAL_SEALER_URL: sealer.url, SHOAL_SEALER_SECRET: SECRET },
    async close() {
      await sealer.close();
      await origin.close();
    },
  };
}

/** The id of a media playlist's track: its init segment's name. */
async function trackAt(url: string, mediaBase: string): Promise<TrackId> {
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(await textAt(url))?.[1];
  if (init === undefined) throw new Error(`There is no init segment in ${url}.`);
  return trackIdOf(segmentName(new URL(init, url).href, mediaBase));
}

const lines = (playlist: string): string[] =>
  playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

async function textAt(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}.`);
  return answer.text();
}

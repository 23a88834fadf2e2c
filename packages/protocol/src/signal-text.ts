/** What of a description is not the same for every data channel. */
const OWN_LINES = /^a=(ice-[up]|finger|setup|mid|cand).*/gm;

/** A certificate's fingerprint, with its colons or without. */
const PRINT = /([\dA-F]{2}:?){32,}/;

/**
 * What the text of most signals has, each at its place for one sign that neither a description of a data channel nor a
 * candidate has.
 */
const PHRASES = [
  '[{"type":"offer",',
  '"sdp":"a=ice-ufrag:',
  "\\na=ice-pwd:",
  "\\na=fingerprint:sha-256 ",
  '\\na=mid:0"}',
  ',"candidate:',
  " 1 udp ",
  " typ host",
  '"',
];
const SIGNS = "!#$%&(*;<";

/** The answer to an offer for which there is no room: no transport takes it for anything but an end. */
export const REFUSED = '[{"type":"refused"}]';

/** Whether the text of a batch begins with an offer, packed or not. */
export const isOffer = (text: string): boolean => /^(!|\[{"type":"o)/.test(text);

/**
 * The text of a batch of signals as simple-peer makes them, for the tracker to carry: of a data channel's description only
 * the lines that differ, of a candidate only its text, and signs for phrases. Little more than a quarter of the JSON; most of what a tracker
 * carries are signals. There is one channel and nothing else, so there is one media line.
 */
export function packSignals(signals: readonly unknown[]): string {
  return PHRASES.reduce(
    (packed, phrase, at) => packed.split(phrase).join(SIGNS[at]),
    JSON.stringify(signals.map(pack)).replace(PRINT, (print) => print.replace(/:/g, "")),
  );
}

/** The signals of a text; nothing where it is none. */
export function unpackSignals(text: string): readonly unknown[] {
  try {
    const json = PHRASES.reduce((packed, phrase, at) => packed.split(SIGNS[at] as string).join(phrase), text);
    // The empty candidate that ends a list says nothing that matters here, and old engines do not take it.
    return (JSON.parse(json) as readonly unknown[]).filter(Boolean).map(unpack);
  } catch {
    return [];
  }
}

function pack(signal: unknown): unknown {
  const { type, sdp, candidate } = signal as {
    readonly type?: string;
    readonly sdp?: string;
    readonly candidate?: { readonly candidate: string };
  };
  if (candidate) return candidate.candidate.replace(/ gen.*/, "");
  return sdp ? { type, sdp: sdp.match(OWN_LINES)?.join("\n") } : signal;
}

function unpack(packed: unknown): unknown {
  if (typeof packed === "string") return { candidate: { candidate: packed, sdpMLineIndex: 0 } };
  const { type, sdp } = packed as { readonly type?: string; readonly sdp?: unknown };
  const own = `${sdp}`.replace(PRINT, (print) => print.replace(/..(?=.)/g, "$&:"));
  if (!/^a=/.test(own)) return packed;
  const mid = /^a=mid:(.*)/m.exec(own)?.[1];
  const lines = `v=0\no=- 0 0 IN IP4 0.0.0.0\ns=-\nt=0 0\na=group:BUNDLE ${mid}\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=ice-options:trickle\na=sctp-port:5000\n${own}\n`;
  return { type, sdp: lines.replace(/\n/g, "\r\n") };
}

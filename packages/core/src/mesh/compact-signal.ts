/** What of a description is not the same for every data channel. */
const OWN_LINES = /^a=(?:ice-[up]|finger|setup|mid|candidate).*/gm;

/**
 * A signal as it travels: of a data channel's description only the lines that differ, of a candidate only its text. Half of
 * the tracker's bytes. There is one channel and nothing else, so there is one media line.
 */
export function packSignal(signal: unknown): unknown {
  const { type, sdp, candidate } = signal as {
    readonly type?: string;
    readonly sdp?: string;
    readonly candidate?: { readonly candidate: string };
  };
  if (candidate) return candidate.candidate.replace(/ generation.*/, "");
  return sdp ? { type, sdp: sdp.match(OWN_LINES)?.join("\n") } : signal;
}

/** The signal that was packed. */
export function unpackSignal(packed: unknown): unknown {
  if (typeof packed === "string") return { type: "candidate", candidate: { candidate: packed, sdpMLineIndex: 0 } };
  const { type, sdp } = packed as { readonly type?: string; readonly sdp?: unknown };
  if (!/^a=/.test(`${sdp}`)) return packed;
  const mid = /^a=mid:(.*)/m.exec(`${sdp}`)?.[1];
  const lines = `v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\na=group:BUNDLE ${mid}\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=ice-options:trickle\na=sctp-port:5000\n${sdp}\n`;
  return { type, sdp: lines.replace(/\n/g, "\r\n") };
}

import type { PeerId } from "@shoal/protocol";
import { systemClock } from "../clock.ts";
import type { PeerLink, PeerTransport } from "./peer-transport.ts";
import { type ProbeVerdict, probe } from "./probe.ts";

const KEY = "shoal:probe";

/** Tries this browser's data channels, once: from the page to itself. No server is asked, nothing leaves the device. */
export const probeBrowser = (
  transport: PeerTransport,
  onLeave: (callback: () => void) => () => void,
): Promise<ProbeVerdict> =>
  probe({
    clock: systemClock,
    agent: navigator.userAgent,
    read: () => localStorage.getItem(KEY),
    write: (text) => localStorage.setItem(KEY, text),
    tryChannel: () => tryChannel(transport),
    onLeave,
  });

function tryChannel(transport: PeerTransport): Promise<void> {
  const ends: PeerLink[] = [];
  const opened = new Promise<void>((resolve, reject) => {
    for (const other of [1, 0]) {
      const nothing = (): void => {};
      const end = transport.connect(
        { peerId: "" as PeerId, initiator: other === 1, iceServers: [] },
        { signal: (data) => ends[other]?.signal(data), open: resolve, frame: nothing, drain: nothing, closed: reject },
      );
      ends.push(end);
    }
  });
  const close = (): void => {
    for (const end of ends) end.close();
  };
  opened.then(close, close);
  return opened;
}

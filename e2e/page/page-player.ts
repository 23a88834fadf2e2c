import type { ShoalHandle } from "@shoal/hls";

/** A player of either kind, as the page drives it. */
export interface PagePlayer {
  readonly shoal: ShoalHandle | null;
  /** How far behind the live edge it means to play. */
  targetLatencyS(): number;
  level(): number;
  bandwidthBps(): number;
  setLevel(level: number): void;
  destroy(): void;
}

/** What a player tells the page. */
export interface PageEvents {
  error(text: string): void;
  /** A media segment as the player was given it. */
  segment(url: string, range: string, bytes: ArrayBuffer): void;
}

/** Adds a script to the page and waits until it has run. */
export async function loadScript(src: string): Promise<void> {
  const script = document.createElement("script");
  script.src = src;
  document.head.append(script);
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
  });
}

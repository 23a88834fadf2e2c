import type {
  Candidate,
  IncomingSignal,
  Join,
  News,
  Refusal,
  RemoteConfig,
  Report,
  RosterUpdate,
  Seal,
  SealingState,
  SealKey,
  Signal,
  StatusUpdate,
  Welcome,
} from "@shoal/protocol";

/** What the tracker tells. */
export interface TrackerHandlers {
  welcome(welcome: Welcome): void;
  candidates(candidates: readonly Candidate[]): void;
  signal(signal: IncomingSignal): void;
  seal(seal: Seal): void;
  /** The sealer has further keys. */
  sealKeys(keys: readonly SealKey[]): void;
  sealing(state: SealingState): void;
  config(config: RemoteConfig): void;
  /** Who fetches for our cluster, or a change of it. */
  roster(update: RosterUpdate): void;
  /** The connection is gone, or was refused; it is tried again in a while. */
  away(refusal: Refusal | null): void;
  /** A message was malformed, or had parts that are unknown here. */
  skipped(): void;
}

/** A connection to the tracker, kept up by itself. Messages sent while it is away are dropped: the next join says all. */
export interface TrackerLink {
  readonly connected: boolean;
  signal(signal: Signal): void;
  /** Says what has changed. */
  status(update: Partial<StatusUpdate>): void;
  news(news: News): void;
  wantCandidates(count: number): void;
  report(report: Report): void;
  /** May be called twice. */
  close(): void;
}

/** Opens a connection. `join` is asked anew at each attempt. */
export type TrackerConnector = (url: string, join: () => Join, handlers: TrackerHandlers) => TrackerLink;

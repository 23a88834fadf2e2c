/** What pods say to each other, and how it travels. Whatever is said may be lost; nothing but an introduction hangs on it. */
export interface Relay {
  /** This pod. */
  readonly pod: string;
  /** False while other pods cannot be reached. */
  readonly isConnected: boolean;
  /** To one pod. */
  send(pod: string, message: object): void;
  /** To all other pods that listen to the topic. */
  publish(topic: string, message: object): void;
  listen(topic: string): void;
  unlisten(topic: string): void;
  /** Who is told of messages from other pods. Set once, before anything is listened to. */
  onMessage(handle: (from: string, message: unknown) => void): void;
  close(): Promise<void>;
}

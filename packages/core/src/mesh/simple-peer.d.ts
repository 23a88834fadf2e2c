/** What Shoal uses of simple-peer; its own published types need Node's. */
declare module "simple-peer" {
  interface SimplePeerOptions {
    readonly initiator: boolean;
    readonly trickle: boolean;
    readonly config: RTCConfiguration;
    readonly channelName?: string;
  }
  interface SimplePeerEvents {
    signal: [data: unknown];
    connect: [];
    data: [bytes: Uint8Array<ArrayBuffer>];
    error: [error: Error & { readonly code?: string }];
    close: [];
    iceStateChange: [connection: RTCIceConnectionState, gathering: RTCIceGatheringState];
  }
  class SimplePeer {
    constructor(options: SimplePeerOptions);
    readonly connected: boolean;
    readonly destroyed: boolean;
    readonly destroying: boolean;
    readonly bufferSize: number;
    /** The data channel, once there is one. */
    readonly _channel: RTCDataChannel | null;
    signal(data: unknown): void;
    send(bytes: Uint8Array<ArrayBuffer>): void;
    destroy(error?: Error): void;
    on<Name extends keyof SimplePeerEvents>(name: Name, listener: (...args: SimplePeerEvents[Name]) => void): this;
  }
  export default SimplePeer;
}

declare module "bittorrent-tracker" {
  import type { AddressInfo } from "node:net";

  /** As much of it as the bench uses. */
  export class Server {
    constructor(options: {
      readonly udp: boolean;
      readonly http: boolean;
      readonly ws: boolean;
      readonly stats: boolean;
      readonly interval: number;
    });
    readonly http: { address(): AddressInfo };
    listen(port: number, host: string, done: () => void): void;
  }
}

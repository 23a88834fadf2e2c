/** A pod as HAProxy sees it. */
export interface HaproxyServer {
  readonly name: string;
  /** Host and port. */
  readonly address: string;
}

export interface HaproxySettings {
  /** Such as `:8000`, or `127.0.0.1:8000`. */
  readonly bind: string;
  readonly servers: readonly HaproxyServer[];
  readonly maxConnections: number;
  /** How often pods are looked at, milliseconds. */
  readonly checkMs: number;
  /** Requests of one address within 10 s. */
  readonly requestsPerAddress: number;
  /** The most a pod holds of large swarms, per cent of the mean. */
  readonly factorPercent: number;
}

export const HAPROXY_DEFAULTS = {
  maxConnections: 100_000,
  checkMs: 1_000,
  requestsPerAddress: 10_000,
  factorPercent: 140,
} as const;

/**
 * HAProxy's configuration from the one template that the chart uses too (`helm/shoal/files/haproxy.cfg.tpl`).
 *
 * @throws Error where the template has a word that nobody fills in
 */
export function haproxyConfig(template: string, settings: HaproxySettings): string {
  const words: Readonly<Record<string, string>> = {
    BIND: settings.bind,
    MAXCONN: String(settings.maxConnections),
    CHECK: `${settings.checkMs}ms`,
    REQUESTS: String(settings.requestsPerAddress),
    FACTOR: String(settings.factorPercent),
    SERVERS: settings.servers.map(({ name, address }) => `    server ${name} ${address}`).join("\n"),
  };
  return template.replace(/@([A-Z]+)@/g, (_, word: string) => {
    const value = words[word];
    if (value === undefined) throw new Error(`The template of HAProxy's configuration has an unknown word, @${word}@.`);
    return value;
  });
}

/** What goes wrong. `hang`: the request is accepted and never answered until the fault is lifted, then cut. */
export type Fault =
  | { readonly kind: "none" }
  | { readonly kind: "status"; readonly status: number; readonly filter?: FaultFilter }
  | { readonly kind: "hang"; readonly filter?: FaultFilter }
  | { readonly kind: "slow"; readonly bitsPerSecond: number; readonly filter?: FaultFilter };

/** Whom a fault hits; what is left out does not matter. */
export interface FaultFilter {
  /** `true`: media segments only; `false`: playlists, init segments and keys only. */
  readonly media?: boolean;
  /** A client's name as in `clientName`; `"sealer"` for the sealer. */
  readonly client?: string;
  /** Any of these clients. */
  readonly clients?: readonly string[];
}

/** Who asks, as far as a fault cares. */
export interface FaultTarget {
  readonly media: boolean;
  readonly client: string | undefined;
}

/** The fault that hits a request, or `none`. */
export function faultFor(fault: Fault, target: FaultTarget): Fault {
  if (fault.kind === "none" || fault.filter === undefined) return fault;
  const { media = target.media, client = target.client, clients } = fault.filter;
  const among = clients === undefined || (target.client !== undefined && clients.includes(target.client));
  return among && media === target.media && client === target.client ? fault : { kind: "none" };
}

/**
 * A client's name: `x-shoal-client`, else the `viewer` of the query. What calls itself `shoal-sealer` in its User-Agent
 * is `"sealer"`.
 */
export function clientName(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  query: URLSearchParams,
): string | undefined {
  const header = headers["x-shoal-client"];
  if (typeof header === "string" && header !== "") return header;
  if (String(headers["user-agent"] ?? "").includes("shoal-sealer")) return "sealer";
  return query.get("viewer") ?? undefined;
}

/** Checks a fault that came as JSON. Throws a `TypeError` whose sentence names what is wrong. */
export function parseFault(value: unknown): Fault {
  const { kind, status, bitsPerSecond, filter } = recordOf(value, "A fault");
  const filtered = filter === undefined ? {} : { filter: parseFilter(filter) };
  switch (kind) {
    case "none":
      return { kind };
    case "hang":
      return { kind, ...filtered };
    case "status":
      if (typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599) {
        return { kind, status, ...filtered };
      }
      throw new TypeError('A fault of kind "status" needs a status from 400 to 599.');
    case "slow":
      if (typeof bitsPerSecond === "number" && bitsPerSecond > 0) return { kind, bitsPerSecond, ...filtered };
      throw new TypeError('A fault of kind "slow" needs bitsPerSecond above 0.');
    default:
      throw new TypeError('The kind of a fault must be "none", "status", "hang" or "slow".');
  }
}

function parseFilter(value: unknown): FaultFilter {
  const { media, client, clients } = recordOf(value, "A fault's filter");
  if (media !== undefined && typeof media !== "boolean") throw new TypeError("filter.media must be true or false.");
  if (client !== undefined && typeof client !== "string") throw new TypeError("filter.client must be a name.");
  const names = Array.isArray(clients) && clients.every((name) => typeof name === "string") ? clients : undefined;
  if (clients !== undefined && names === undefined) throw new TypeError("filter.clients must be a list of names.");
  return {
    ...(media === undefined ? {} : { media }),
    ...(client === undefined ? {} : { client }),
    ...(names === undefined ? {} : { clients: names }),
  };
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`${what} must be a JSON object.`);
}

import { accept, type Join, type Result, refuse } from "@shoal/protocol";
import { ConfigError, type Log } from "@shoal/sealer";
import { WatchedFile } from "../watched-file.ts";
import { type Claims, opens } from "./claims.ts";
import { checkToken } from "./token-gate.ts";
import { readTenantKeys, type TenantKeys } from "./token-keys.ts";
import { TokenUses } from "./token-uses.ts";

/** A viewer that may come in. */
export interface Visit {
  readonly tenant: string;
  /** `null` where the tracker is open and the viewer brought no token. */
  readonly claims: Claims | null;
}

export interface GateOptions {
  readonly open: boolean;
  /** Tenant of viewers without a token. */
  readonly tenant: string;
  /** JSON, the path of a file with it, or `""`. */
  readonly tokenKeys: string;
}

/** Decides who may come in. */
export class Gate {
  readonly #options: GateOptions;
  readonly #uses = new TokenUses();
  readonly #file: WatchedFile<Promise<TenantKeys | null>> | null;
  #keys: TenantKeys;

  private constructor(options: GateOptions, keys: TenantKeys, file: WatchedFile<Promise<TenantKeys | null>> | null) {
    this.#options = options;
    this.#keys = keys;
    this.#file = file;
  }

  /** @throws ConfigError where nobody could come in, or the keys cannot be read */
  static async open(options: GateOptions, log: Log): Promise<Gate> {
    const { tokenKeys } = options;
    if (tokenKeys === "") {
      if (options.open) return new Gate(options, new Map(), null);
      throw new ConfigError(
        "Nobody could come in: set SHOAL_TOKEN_KEYS to the keys that sign your viewers' tokens, or SHOAL_OPEN=1 to let anybody join.",
      );
    }
    if (tokenKeys.trimStart().startsWith("{")) return new Gate(options, await readTenantKeys(tokenKeys), null);
    let gate: Gate | null = null;
    const parse = async (bytes: Buffer): Promise<TenantKeys | null> => {
      if (!gate) return readTenantKeys(bytes.toString("utf8"));
      try {
        gate.#keys = await readTenantKeys(bytes.toString("utf8"));
        return gate.#keys;
      } catch (error) {
        log.error("keys-not-reloaded", { reason: error instanceof Error ? error.message : String(error) });
        return null;
      }
    };
    const file = openFile(tokenKeys, parse, log);
    try {
      gate = new Gate(options, (await file.value) ?? new Map(), file);
      return gate;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Whether tokens are asked for or looked at. */
  get checksTokens(): boolean {
    return this.#keys.size > 0;
  }

  /** Peers that hold a token id. */
  get usedTokens(): number {
    return this.#uses.size;
  }

  /** Reads the file of keys again if it has changed. */
  async look(): Promise<void> {
    this.#file?.look();
    await this.#file?.value;
  }

  /** Checks a join's token, as far as one is asked for. Takes nothing: see {@link enter}. */
  async check(
    { token, contentId }: Pick<Join, "token" | "contentId">,
    nowMs: number,
  ): Promise<Result<Visit, "bad-token">> {
    if (token === null || !this.checksTokens) {
      if (this.#options.open) return accept({ tenant: this.#options.tenant, claims: null });
      return refuse("bad-token", "This tracker asks for a token: set the player's option `token`.");
    }
    const claims = await checkToken(token, this.#keys, nowMs);
    if (!claims.ok) return claims;
    if (!opens(claims.value.contents, contentId)) {
      return refuse("bad-token", "The token is for another content.");
    }
    return accept({ tenant: claims.value.tenant, claims: claims.value });
  }

  /** A viewer comes in. @returns why it may not, or `null`; then {@link leave} must follow */
  enter({ claims }: Visit, peerId: Join["peerId"]): string | null {
    return claims?.tokenId ? this.#uses.enter(claims.tenant, claims.tokenId, peerId) : null;
  }

  leave({ claims }: Visit): void {
    if (claims?.tokenId) this.#uses.leave(claims.tenant, claims.tokenId);
  }

  close(): void {
    this.#file?.close();
  }
}

function openFile<T>(path: string, parse: (bytes: Buffer) => T, log: Log): WatchedFile<T> {
  try {
    return new WatchedFile(path, parse, log);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`SHOAL_TOKEN_KEYS names a file that cannot be read: ${reason}`);
  }
}

import { ConfigError } from "@shoal/sealer";
import { type CryptoKey, importJWK, type JWK } from "jose";

/** Signatures that are taken. */
export const TOKEN_ALGORITHMS = ["HS256", "ES256"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** One key of a tenant: a shared secret (HS256) or a public key (ES256). */
export interface TokenKey {
  /** Name in the token's header; `null`: tried for tokens that name none. */
  readonly keyId: string | null;
  readonly algorithm: TokenAlgorithm;
  readonly key: CryptoKey | Uint8Array;
}

/** Keys by tenant. */
export type TenantKeys = ReadonlyMap<string, readonly TokenKey[]>;

/** A tenant is the first part of a swarm id, so it has no slash. */
const TENANT = /^[\w.-]{1,64}$/;
const LEAST_SECRET_BYTES = 32;

/**
 * Reads the keys of all tenants: `{"tenant": [JWK, …]}`, or a JWK set in place of the list.
 *
 * @throws ConfigError that names the tenant and what is wrong with its key
 */
export async function readTenantKeys(json: string): Promise<TenantKeys> {
  const all = new Map<string, readonly TokenKey[]>();
  for (const [tenant, value] of Object.entries(parseObject(json))) {
    if (!TENANT.test(tenant)) fail(`the tenant "${tenant}" must be 1 to 64 letters, digits, ".", "-" or "_"`);
    const list = Array.isArray(value) ? value : (value as { readonly keys?: unknown } | null)?.keys;
    if (!Array.isArray(list) || list.length === 0) fail(`the tenant "${tenant}" needs a list of keys (JWK)`);
    all.set(tenant, await Promise.all(list.map((jwk: unknown) => readKey(tenant, jwk))));
  }
  if (all.size === 0) fail("there is no tenant in it");
  return all;
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  return fail('it must be JSON such as {"my-tenant":[{"kty":"oct","kid":"1","k":"…"}]}, or a file with it');
}

async function readKey(tenant: string, value: unknown): Promise<TokenKey> {
  const jwk = (value ?? {}) as JWK;
  const keyId = typeof jwk.kid === "string" ? jwk.kid : null;
  const named = `the key ${keyId === null ? "without kid" : `"${keyId}"`} of tenant "${tenant}"`;
  const algorithm = jwk.kty === "oct" ? "HS256" : jwk.kty === "EC" && jwk.crv === "P-256" ? "ES256" : null;
  if (algorithm === null) return fail(`${named} must be an "oct" key (HS256) or a "P-256" key (ES256)`);
  if (jwk.d !== undefined) return fail(`${named} is a private key: give the tracker the public part, without "d"`);
  try {
    const key = await importJWK(jwk, algorithm);
    if (key instanceof Uint8Array && key.length < LEAST_SECRET_BYTES) {
      return fail(`${named} is shorter than ${LEAST_SECRET_BYTES} bytes`);
    }
    return { keyId, algorithm, key };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return fail(`${named} cannot be read`);
  }
}

function fail(what: string): never {
  throw new ConfigError(`SHOAL_TOKEN_KEYS: ${what}.`);
}

import { accept, type Result, refuse } from "@shoal/protocol";
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { type Claims, readClaims } from "./claims.ts";
import { type TenantKeys, TOKEN_ALGORITHMS, type TokenKey } from "./token-keys.ts";

/** Clocks of broadcaster and tracker may differ by this much, seconds. */
const CLOCK_TOLERANCE_S = 5;

type BadToken = Result<Claims, "bad-token">;
const bad = (reason: string): BadToken => refuse("bad-token", reason);

/**
 * Checks a viewer's token: signed by a key of the tenant that it names, not expired, and with claims that read.
 *
 * @param nowMs milliseconds since 1970
 */
export async function checkToken(token: string, tenants: TenantKeys, nowMs: number): Promise<BadToken> {
  let unproven: JWTPayload;
  let header: { readonly alg?: string; readonly kid?: string };
  try {
    unproven = decodeJwt(token);
    header = decodeProtectedHeader(token);
  } catch {
    return bad("The token is not a JSON Web Token.");
  }
  const { tenant = unproven.iss } = unproven;
  const keys = typeof tenant === "string" ? tenants.get(tenant) : undefined;
  if (!keys || typeof tenant !== "string") return bad("The token's tenant (or issuer) is not known here.");
  const fitting = keys.filter((key) => isMeant(key, header));
  if (fitting.length === 0) return bad("The token is signed with a key or algorithm that is not known here.");
  for (const { key, algorithm } of fitting) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(nowMs),
      });
      const claims = readClaims(tenant, payload);
      return claims.ok ? accept(claims.value) : claims;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return bad("The token has expired.");
      if (error instanceof errors.JWTClaimValidationFailed)
        return bad(`The token's claims do not hold: ${error.claim}.`);
    }
  }
  return bad("The token's signature does not verify.");
}

function isMeant(key: TokenKey, { alg, kid }: { readonly alg?: string; readonly kid?: string }): boolean {
  return (
    TOKEN_ALGORITHMS.some((known) => known === alg) && key.algorithm === alg && (kid === undefined || key.keyId === kid)
  );
}

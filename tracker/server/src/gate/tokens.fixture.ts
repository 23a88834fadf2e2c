import { generateKeyPairSync } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";

/** A broadcaster with two keys: a secret that it shares with the tracker, and a pair of which the tracker has one half. */
export const SECRET = new Uint8Array(32).fill(7);
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });

export const TENANT_KEYS = {
  acme: [
    { kty: "oct", kid: "shared", k: Buffer.from(SECRET).toString("base64url") },
    { ...pair.publicKey.export({ format: "jwk" }), kid: "pair" },
  ],
  rival: [{ kty: "oct", kid: "shared", k: Buffer.from(new Uint8Array(32).fill(9)).toString("base64url") }],
};

/** A token of the tenant acme, good for an hour. */
export function mint(
  claims: Readonly<Record<string, unknown>> = {},
  header: { readonly alg?: "HS256" | "ES256"; readonly kid?: string } = {},
): Promise<string> {
  const { alg = "HS256", kid } = header;
  return new SignJWT({
    tenant: "acme",
    content: "live/*",
    exp: Math.floor(Date.now() / 1_000) + 3_600,
    ...claims,
  } as JWTPayload)
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(alg === "HS256" ? SECRET : pair.privateKey);
}

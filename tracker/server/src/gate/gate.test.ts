import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerId } from "@shoal/protocol";
import { createLog } from "@shoal/sealer";
import fc from "fast-check";
import { SignJWT, UnsecuredJWT } from "jose";
import { expect, it } from "vitest";
import { Gate } from "./gate.ts";
import { mint, SECRET, TENANT_KEYS } from "./tokens.fixture.ts";

const silent = createLog("tracker", "silent");
const NOW_MS = Date.now();
const gateOf = (tokenKeys: unknown = TENANT_KEYS, open = false) =>
  Gate.open(
    { open, tenant: "house", tokenKeys: typeof tokenKeys === "string" ? tokenKeys : JSON.stringify(tokenKeys) },
    silent,
  );
const check = async (token: string | null, contentId = "live/a", nowMs = NOW_MS) =>
  (await gateOf()).check({ token, contentId }, nowMs);

it("takes tokens of either kind of key, and says whose they are", async () => {
  const claims = { sub: "viewer 7", jti: "t1", site: "hq", mediaBase: "https://cdn.example/live/" };
  for (const header of [{ alg: "HS256" as const, kid: "shared" }, { alg: "ES256" as const, kid: "pair" }, {}]) {
    expect(await check(await mint(claims, header))).toEqual({
      ok: true,
      value: {
        tenant: "acme",
        claims: {
          tenant: "acme",
          contents: ["live/*"],
          site: "hq",
          viewerId: "viewer 7",
          tokenId: "t1",
          mediaBase: "https://cdn.example/live/",
        },
      },
    });
  }
  const issued = await mint({ tenant: undefined, iss: "acme" });
  expect(await check(issued)).toMatchObject({ ok: true, value: { tenant: "acme" } });
});

it("refuses, with a sentence, what was not signed for this viewer, content and time", async () => {
  const refused = async (token: string | null, words: string, contentId?: string, nowMs?: number) => {
    const result = await check(token, contentId, nowMs);
    expect(result).toMatchObject({ ok: false, code: "bad-token", reason: expect.stringContaining(words) });
  };
  await refused(null, "asks for a token");
  await refused("nonsense", "not a JSON Web Token");
  await refused(await mint(), "another content", "vod/a");
  await refused(await mint({ content: "live" }), "another content");
  await refused(await mint(), "expired", "live/a", NOW_MS + 3_700_000);
  await refused(await mint({ exp: undefined }), "exp");
  await refused(await mint({ nbf: Math.floor(NOW_MS / 1_000) + 600 }), "nbf");
  await refused(await mint({ tenant: "nobody" }), "not known");
  await refused(await mint({ tenant: "rival" }), "signature");
  await refused(await mint({}, { kid: "gone" }), "not known");
  await refused(await mint({ content: 7 }), "content");
  await refused(await mint({ site: "x".repeat(65) }), "site");
  await refused(await mint({ mediaBase: "file:///etc/" }), "mediaBase");
  await refused(new UnsecuredJWT({ tenant: "acme", content: "live/*" }).setExpirationTime("1h").encode(), "not known");
  // The public half of a pair, taken for a shared secret.
  const half = JSON.stringify(TENANT_KEYS.acme[1]);
  const confused = new SignJWT({ tenant: "acme", content: "live/*" }).setExpirationTime("1h");
  const forged = await confused.setProtectedHeader({ alg: "HS256", kid: "pair" }).sign(new TextEncoder().encode(half));
  await refused(forged, "not known");
});

it("any text in place of a token is refused, and so is a token with one letter changed", async () => {
  const gate = await gateOf();
  const token = await mint();
  const [head = "", body = "", signature = ""] = token.split(".");
  const damaged = fc.tuple(fc.nat(signature.length - 2), fc.constantFrom("A", "z", "-")).map(([at, letter]) => {
    const changed = signature.slice(0, at) + letter + signature.slice(at + 1);
    return changed === signature ? "" : `${head}.${body}.${changed}`;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), damaged), async (text) => {
      expect(await gate.check({ token: text, contentId: "live/a" }, NOW_MS)).toMatchObject({ ok: false });
    }),
    { numRuns: 300, seed: 11 },
  );
});

it("is open only where that was said, and even then a bad token is a bad token", async () => {
  await expect(gateOf("")).rejects.toThrow("SHOAL_OPEN=1");
  const open = await gateOf("", true);
  const anybody = { ok: true, value: { tenant: "house", claims: null } };
  expect(await open.check({ token: null, contentId: "live/a" }, NOW_MS)).toEqual(anybody);
  const both = await gateOf(TENANT_KEYS, true);
  expect(await both.check({ token: null, contentId: "live/a" }, NOW_MS)).toEqual(anybody);
  expect(await both.check({ token: "x", contentId: "live/a" }, NOW_MS)).toMatchObject({ ok: false });
});

it("names what is wrong with a key", async () => {
  await expect(gateOf("{")).rejects.toThrow("must be JSON");
  await expect(gateOf({})).rejects.toThrow("no tenant");
  await expect(gateOf({ "a/b": [] })).rejects.toThrow('"a/b"');
  await expect(gateOf({ acme: [] })).rejects.toThrow("list of keys");
  await expect(gateOf({ acme: [{ kty: "oct", kid: "s", k: "c2hvcnQ" }] })).rejects.toThrow("shorter than 32 bytes");
  await expect(gateOf({ acme: [{ kty: "RSA" }] })).rejects.toThrow("P-256");
  await expect(gateOf({ acme: [{ ...TENANT_KEYS.acme[1], d: "x" }] })).rejects.toThrow("private key");
  await expect(gateOf("/nowhere/keys.json")).rejects.toThrow("/nowhere/keys.json");
});

it("takes up new keys from a file, and keeps the old ones where the new file is broken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shoal-keys-"));
  const path = join(folder, "keys.json");
  const write = (value: unknown) => {
    writeFileSync(`${path}.new`, typeof value === "string" ? value : JSON.stringify(value));
    renameSync(`${path}.new`, path);
  };
  write(TENANT_KEYS);
  const gate = await gateOf(path);
  const token = await mint({}, { kid: "shared" });
  const isTaken = async () => (await gate.check({ token, contentId: "live/a" }, NOW_MS)).ok;
  try {
    expect(await isTaken()).toBe(true);
    write("{ broken");
    await gate.look();
    expect(await isTaken()).toBe(true);
    write({ acme: [{ kty: "oct", kid: "next", k: Buffer.from(SECRET).toString("base64url") }] });
    await gate.look();
    expect(await isTaken()).toBe(false);
  } finally {
    gate.close();
    rmSync(folder, { recursive: true });
  }
});

it("one peer holds a token id, on two sockets at most; a token without an id is for many", async () => {
  const gate = await gateOf();
  const [a, b] = ["a", "b"].map((letter) => letter.repeat(32) as PeerId) as [PeerId, PeerId];
  const visitOf = async (claims: object) => {
    const result = await gate.check({ token: await mint({ ...claims }), contentId: "live/a" }, NOW_MS);
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  };
  const own = await visitOf({ jti: "one" });
  expect(gate.enter(own, a)).toBeNull();
  expect(gate.enter(own, b)).toContain("another viewer");
  expect(gate.enter(own, a)).toBeNull();
  expect(gate.enter(own, a)).toContain("two sockets");
  gate.leave(own);
  expect(gate.enter(own, b)).toContain("another viewer");
  gate.leave(own);
  expect(gate.enter(own, b)).toBeNull();
  gate.leave(own);
  const shared = await visitOf({});
  expect([gate.enter(shared, a), gate.enter(shared, b)]).toEqual([null, null]);
  expect(gate.usedTokens).toBe(0);
});

import { accept, type Result, refuse } from "@shoal/protocol";

/** What a valid token says of its bearer. */
export interface Claims {
  readonly tenant: string;
  /** Content ids that it opens; one that ends with `*` opens all that start like it. */
  readonly contents: readonly string[];
  /** The office or venue in which the viewer is: viewers of one site meet first. */
  readonly site: string | null;
  /** Who the viewer is to the broadcaster. Never logged, never sent to anybody. */
  readonly viewerId: string | null;
  /** One peer per token id. Without one the token is for many. */
  readonly tokenId: string | null;
  /** Below which URL the sealer may read the content; `null`: the sealer's own setting. */
  readonly mediaBase: string | null;
}

const MAX_CONTENTS = 64;

/** Claims from the payload of a token whose signature holds. */
export function readClaims(tenant: string, payload: Readonly<Record<string, unknown>>): Result<Claims, "bad-token"> {
  const { content, site, sub, jti, mediaBase } = payload;
  const contents = typeof content === "string" ? [content] : content;
  const bad = (what: string) => refuse("bad-token" as const, `The token's claim ${what}.`);
  if (!Array.isArray(contents) || contents.length === 0 || contents.length > MAX_CONTENTS) {
    return bad(`"content" must be a content id or a list of up to ${MAX_CONTENTS}`);
  }
  if (!contents.every((item) => isText(item, 512))) return bad('"content" has an item that is not a content id');
  if (site !== undefined && !isText(site, 64)) return bad('"site" must be a text of 1 to 64 characters');
  if (sub !== undefined && !isText(sub, 256)) return bad('"sub" must be a text of 1 to 256 characters');
  if (jti !== undefined && !isText(jti, 128)) return bad('"jti" must be a text of 1 to 128 characters');
  if (mediaBase !== undefined && !isMediaBase(mediaBase))
    return bad('"mediaBase" must be an http(s) URL that ends with "/"');
  return accept({
    tenant,
    contents,
    site: site ?? null,
    viewerId: sub ?? null,
    tokenId: jti ?? null,
    mediaBase: mediaBase ?? null,
  });
}

/** Whether a token with these contents opens a content. */
export function opens(contents: readonly string[], contentId: string): boolean {
  return contents.some((item) => (item.endsWith("*") ? contentId.startsWith(item.slice(0, -1)) : contentId === item));
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= most;

const isMediaBase = (value: unknown): value is string =>
  isText(value, 1_024) && /^https?:\/\//.test(value) && value.endsWith("/") && URL.canParse(value);

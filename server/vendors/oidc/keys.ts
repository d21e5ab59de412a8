import type { CustomFetch } from "openid-client";

const FRESH_MS = 24 * 3_600_000;

type Kept = { body: string; kids: ReadonlySet<string>; at: number };

/**
 * An issuer's keys: kept 24 h, asked for again when a token names another one. Tokens come from the issuer itself, over a
 * connection of ours, so nobody else can make us ask.
 */
export type KeyCache = {
  /** The set in which this key should be. Serves what it has when the issuer does not answer. */
  get(kid: string | null, ask: () => Promise<Response>): Promise<Response>;
};

export function createKeyCache(now: () => number): KeyCache {
  let kept: Kept | null = null;
  const serve = ({ body }: Kept): Response =>
    new Response(body, { headers: { "content-type": "application/json" } });
  const useful = (kid: string | null): boolean => {
    if (kept === null || now() - kept.at >= FRESH_MS) return false;
    return kid === null || kept.kids.has(kid);
  };
  return {
    async get(kid, ask) {
      if (kept !== null && useful(kid)) return serve(kept);
      const before = kept;
      try {
        const answer = await ask();
        const body = await answer.text();
        const kids = answer.ok ? readKids(body) : null;
        if (kids === null) throw new TypeError(`the issuer answered ${answer.status} instead of keys`);
        kept = { body, kids, at: now() };
        return serve(kept);
      } catch (error) {
        if (before !== null && now() - before.at < FRESH_MS) return serve(before);
        throw error;
      }
    },
  };
}

function readKids(body: string): ReadonlySet<string> | null {
  const keys = (JSON.parse(body) as { keys?: unknown }).keys;
  if (!Array.isArray(keys)) return null;
  return new Set(keys.flatMap((key: { kid?: unknown }) => (typeof key?.kid === "string" ? [key.kid] : [])));
}

/** The key id that an identity token in this answer says it was signed with. */
export function kidOf(tokenAnswer: string): string | null {
  try {
    const { id_token } = JSON.parse(tokenAnswer) as { id_token?: unknown };
    const header = String(id_token).split(".", 1)[0] ?? "";
    const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid?: unknown };
    return typeof kid === "string" ? kid : null;
  } catch {
    // An answer that cannot be read names no key; the client refuses it.
    return null;
  }
}

/** Answers requests for the keys' address from the cache, all others from the issuer. */
export function throughKeys(call: CustomFetch, cache: KeyCache, jwksUri: string | undefined): CustomFetch {
  let kid: string | null = null;
  return async (url, init) => {
    if (url === jwksUri) return cache.get(kid, () => call(url, init));
    const answer = await call(url, init);
    if (init.method === "POST") kid = kidOf(await answer.clone().text());
    return answer;
  };
}

/** A key by browser: somebody agrees on the company's page, and its code is exchanged for the key (OAuth with PKCE). */

/** Where a company does that; paths are relative to its base URL. */
export type ConnectWay = { page: string; exchangePath: string };

/** `refused`: the code or its verifier is no good. `away`: no answer that could be read. */
export type Exchanged = { key: string } | "refused" | "away";

/** Where a person is sent. The company puts its code behind the callback's own query. */
export function pageOf(
  { page }: ConnectWay,
  baseUrl: string,
  callbackUrl: string,
  challenge: string,
): string {
  const url = new URL(page, `${baseUrl.replace(/\/+$/, "")}/`);
  url.searchParams.set("callback_url", callbackUrl);
  url.searchParams.set("code_challenge", challenge);
  url.searchParams.set("code_challenge_method", "S256");
  return url.href;
}

const exchangeBody = (code: string, verifier: string): string =>
  JSON.stringify({ code, code_verifier: verifier, code_challenge_method: "S256" });

/** Asks a path below the base URL without a credential. */
export type Ask = (
  below: string,
  body: string,
  signal: AbortSignal,
) => Promise<{ status: number; text: string | null }>;

export type KeysByBrowser = {
  /** Where somebody fetches a key; null where nobody can. */
  connectPage(callbackUrl: string, challenge: string): string | null;
  /** The key for the code that the browser came back with. Never throws. */
  exchange(code: string, verifier: string, signal: AbortSignal): Promise<Exchanged>;
};

export const keysByBrowser = (way: ConnectWay | null, baseUrl: string, ask: Ask): KeysByBrowser => ({
  connectPage: (callbackUrl, challenge) => way && pageOf(way, baseUrl, callbackUrl, challenge),
  async exchange(code, verifier, signal) {
    if (way === null) return "away";
    try {
      const { status, text } = await ask(way.exchangePath, exchangeBody(code, verifier), signal);
      return readExchanged(status, text);
    } catch {
      // Whatever went wrong, there is no key.
      return "away";
    }
  },
});

const KEY = /^[\x21-\x7e]{8,500}$/;

/** What an answer of the exchange says. */
export function readExchanged(status: number, text: string | null): Exchanged {
  if (status === 400 || status === 403) return "refused";
  if (status !== 200 || text === null) return "away";
  try {
    const { key } = JSON.parse(text) as { key?: unknown };
    return typeof key === "string" && KEY.test(key) ? { key } : "away";
  } catch {
    // No JSON is no answer.
    return "away";
  }
}

/** The consent page and what follows: a code for who agrees, an error for who does not. */
import type { Exchange, World } from "../core/company.ts";
import { isRegistered, type ClientStyle } from "./client.ts";
import { insertCode } from "./grants.ts";
import { consentPage, messagePage, sendPage, type Brand } from "./page.ts";
import { countVisit, personOf, type Person } from "./people.ts";

export type Authorize = {
  style: ClientStyle;
  brand: Brand;
  /** Where the page is, with the world when the path names one: the form posts there. */
  path: string;
  /** What is wrong with the request besides its client and address; that goes back to the client. */
  refusal(query: URLSearchParams): { error: string; description: string } | null;
  /** What an unregistered address reads: never sent there. */
  mismatch: string;
  newCode(world: World): string;
  /** Sent back beside code and state. */
  extra?: Readonly<Record<string, string>>;
};

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** RFC 7636 as both companies take it: S256 or nothing. */
function challengeRefusal(query: URLSearchParams): { error: string; description: string } | null {
  const challenge = query.get("code_challenge");
  if (challenge === null) return null;
  if (query.get("code_challenge_method") !== "S256")
    return { error: "invalid_request", description: "code_challenge_method must be S256" };
  if (!CHALLENGE.test(challenge))
    return { error: "invalid_request", description: "code_challenge is not a SHA-256" };
  return null;
}

export function authorize({ query, method, rawBody, world, res }: Exchange, how: Authorize): void {
  const redirectUri = query.get("redirect_uri") ?? "";
  if (!isRegistered(how.style, world, redirectUri)) {
    const text = `${how.mismatch} ${redirectUri}`.trim();
    return sendPage(res, 400, messagePage(how.brand, "This request is not valid", text));
  }
  const back = (fields: Record<string, string>): void => {
    const url = new URL(redirectUri);
    const state = query.get("state");
    for (const [name, value] of Object.entries({ ...fields, ...(state === null ? {} : { state }) }))
      url.searchParams.set(name, value);
    res.writeHead(302, { location: url.href, "cache-control": "no-store" }).end();
  };
  const wrong = how.refusal(query) ?? challengeRefusal(query);
  if (wrong !== null) return back({ error: wrong.error, error_description: wrong.description });
  const action = `${how.path}?${query}`;
  if (method !== "POST") return sendPage(res, 200, consentPage(how.brand, action));
  const person = pick(world, how.brand.company, new URLSearchParams(rawBody.toString()));
  if (person === null)
    return sendPage(res, 422, consentPage(how.brand, action, "That is no e-mail address."));
  if (person.denies)
    return back({
      error: "access_denied",
      error_description: "The user has denied your application access.",
    });
  const code = how.newCode(world);
  insertCode(world, how.brand.company, code, {
    person,
    clientId: query.get("client_id") ?? "",
    redirectUri,
    scope: query.get("scope") ?? "",
    nonce: query.get("nonce"),
    challenge: query.get("code_challenge"),
  });
  back({ code, ...how.extra });
}

function pick(world: World, company: string, form: URLSearchParams): Person | null {
  const picked = form.get("person") ?? "";
  const typed = form.get("email") ?? "";
  const key = personOf(picked, typed, 1)?.key;
  return key === undefined ? null : personOf(picked, typed, countVisit(world, company, key));
}

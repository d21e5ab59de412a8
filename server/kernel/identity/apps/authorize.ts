import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { isId, newId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { allowsRedirect, type Client, isChallenge, scopesFor } from "./client.ts";
import { findClient } from "./client-store.ts";
import { type AuthorizationRequest, decideRequest, findOpenRequest, insertRequest } from "./code-store.ts";
import { consentOf, noteDecision } from "./consent.ts";
import { oauthProblems } from "./problems.ts";

/** How long a person may think. */
const REQUEST_LIVES_MS = 10 * 60_000;
const CODE_LIVES_MS = 60_000;

export type Asked = {
  client_id?: string | undefined;
  redirect_uri?: string | undefined;
  response_type?: string | undefined;
  scope?: string | undefined;
  state?: string | undefined;
  code_challenge?: string | undefined;
  code_challenge_method?: string | undefined;
};

/**
 * Keeps what an app asks for and returns where its browser goes: to our consent page, or back to the app with what was
 * wrong. An unknown app and an address that is not on its list throw instead: nobody is ever sent there.
 */
export async function beginAuthorization(deps: IdentityDeps, asked: Asked): Promise<string> {
  const client = await withSystemTx(deps.db, (tx) => findClient(tx, asked.client_id ?? ""));
  if (!client) throw new Problem(oauthProblems.invalid_client);
  const redirectUri = asked.redirect_uri ?? "";
  if (!allowsRedirect(client, redirectUri))
    throw new Problem(oauthProblems.invalid_request, {
      detail: "This redirect_uri is not on the app's list",
    });
  const read = readRequest(client, asked);
  if (typeof read === "string") {
    const error = read === "scope" ? "invalid_scope" : (RESPONSES.get(read) ?? "invalid_request");
    return backTo(deps, redirectUri, {
      error,
      error_description: `${read} is missing or not allowed`,
      state: asked.state,
    });
  }
  const now = deps.clock.now();
  const id = newId("oar");
  const expiresAt = addMs(now, REQUEST_LIVES_MS);
  await withSystemTx(deps.db, (tx) =>
    insertRequest(tx, { id, clientId: client.id, redirectUri, expiresAt, ...read }, now),
  );
  return `${new URL(deps.config.BASE_URL).origin}/consent?request_id=${id}`;
}

const RESPONSES = new Map([["response_type", "unsupported_response_type"]]);

/** The rest of the request, or the name of the first parameter that is wrong. */
function readRequest(
  client: Client,
  asked: Asked,
): Pick<AuthorizationRequest, "scopes" | "state" | "codeChallenge"> | string {
  const { state, code_challenge: codeChallenge, code_challenge_method: method } = asked;
  if (asked.response_type !== "code") return "response_type";
  if (!state) return "state";
  if (!codeChallenge || !isChallenge(codeChallenge)) return "code_challenge";
  if (method !== "S256") return "code_challenge_method";
  const scopes = scopesFor(client, asked.scope);
  return scopes ? { scopes, state, codeChallenge } : "scope";
}

/** The app's address with an answer, and who it comes from (RFC 9207). */
function backTo(
  { config }: Pick<IdentityDeps, "config">,
  redirectUri: string,
  answer: Record<string, string | undefined>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, iss: new URL(config.BASE_URL).origin }))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** What a person is asked to allow; 404 when it was decided or has run out. */
export async function openRequest(
  { db, clock }: Pick<IdentityDeps, "db" | "clock">,
  id: string,
): Promise<{ request: AuthorizationRequest; client: Client }> {
  return withSystemTx(db, async (tx) => {
    const request = isId("oar", id) ? await findOpenRequest(tx, id, clock.now()) : null;
    const client = request && (await findClient(tx, request.clientId));
    if (!client) throw new Problem(common.not_found);
    return { request, client };
  });
}

/** Writes the person's decision and returns the app's address with a code, or with their no. 404 as above. */
export async function decideAuthorization(
  deps: IdentityDeps,
  actor: Actor,
  { id, approve }: { id: string; approve: boolean },
): Promise<string> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const code = newToken();
    const yes = approve
      ? {
          consent: await consentOf(tx, actor),
          codeHash: hashToken(code),
          codeExpiresAt: addMs(now, CODE_LIVES_MS),
        }
      : null;
    const request = await decideRequest(tx, id, yes, now);
    if (!request) throw new Problem(common.not_found);
    await noteDecision(tx, deps, actor, { ...request, yes: approve });
    const { redirectUri, state } = request;
    return backTo(deps, redirectUri, approve ? { code, state } : { error: "access_denied", state });
  });
}

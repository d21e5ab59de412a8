import type { Http } from "../../../platform/http/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { originOf } from "../sessions/answer-sign-in.ts";
import { revokeToken } from "../tokens/revoke.ts";
import { presentTokenSet, tokenSetAnswer } from "../tokens/schemas.ts";
import { beginAuthorization, decideAuthorization, openRequest } from "./authorize.ts";
import { decideOnDevice, findDevice } from "./decide-device.ts";
import { startDevice } from "./device.ts";
import { grant } from "./grant.ts";
import { serverMetadata } from "./metadata.ts";
import { oauthProblems } from "./problems.ts";
import {
  authorizeQuery,
  decisionAnswer,
  decisionInput,
  deviceCodeAnswer,
  deviceDecisionInput,
  deviceInput,
  grantInput,
  keySetAnswer,
  metadataAnswer,
  presentDeviceCode,
  presentRequest,
  presentWaiting,
  requestAnswer,
  requestParams,
  revokeInput,
  userCodeInput,
  waitingAnswer,
} from "./schemas.ts";

const TAG = "Native apps";
const FORM = { tag: TAG, envelope: "oauth", form: true, access: { least: "anyone" } } as const;
const PERSON = { tag: TAG, envelope: "oauth", access: { least: "viewer" }, whenSuspended: true } as const;

/** Native apps: consent, codes, devices, tokens, and what an app reads of us beforehand. */
export function appRoutes(http: Http, deps: IdentityDeps): void {
  consentRoutes(http, deps);
  tokenRoutes(http, deps);
  deviceRoutes(http, deps);
  wellKnownRoutes(http, deps);
}

function consentRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    ...PERSON,
    method: "GET",
    path: "/api/auth/authorize",
    id: "authorize",
    summary: "Send the person to the consent page, by way of the sign-in where they are not signed in",
    // The console asks who it is: a browser without a session is led to the sign-in, and back to the consent.
    access: { least: "anyone" },
    query: authorizeQuery,
    answer: { status: 302, schema: null },
    async handle({ query, reply }) {
      await reply.redirect(await beginAuthorization(deps, query), 302);
    },
  });
  http.operation({
    ...PERSON,
    method: "GET",
    path: "/api/auth/authorize/:request_id",
    id: "getAuthorizationRequest",
    summary: "What an app asks for, while nobody has decided",
    params: requestParams,
    answer: { status: 200, schema: requestAnswer },
    handle: async ({ params }) => presentRequest(await openRequest(deps, params.request_id)),
  });
  http.operation({
    ...PERSON,
    method: "POST",
    path: "/api/auth/authorize",
    id: "decideAuthorization",
    summary: "Let the app in, or not: the redirect back to it, as JSON for whoever accepts JSON alone",
    body: decisionInput,
    answer: { status: 200, schema: decisionAnswer },
    async handle({ actor, body, request, reply }) {
      const decision = { id: body.request_id, approve: body.approve };
      const to = await decideAuthorization(deps, actor, decision);
      // A page cannot follow a redirect into an app by itself: it asks for the address and goes there.
      if (request.headers.accept === "application/json") return { redirect_to: to };
      await reply.redirect(to, 303);
      return undefined;
    },
  });
}

function tokenRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    ...FORM,
    method: "POST",
    path: "/api/auth/token",
    id: "grantTokens",
    summary: "Exchange an authorization code, a refresh token or an approved device code for tokens",
    body: grantInput,
    answer: { status: 200, schema: tokenSetAnswer },
    handle: async (call) => presentTokenSet(await grant(deps, call.body, originOf(call))),
  });
  http.operation({
    ...FORM,
    method: "POST",
    path: "/api/auth/revoke",
    id: "revokeToken",
    summary: "End a token (RFC 7009): a refresh token with its session, an access token alone",
    body: revokeInput,
    answer: { status: 200, schema: null },
    async handle({ body }) {
      if (!body.token) throw new Problem(oauthProblems.invalid_request, { detail: "token is missing" });
      await revokeToken(deps, body.token, body.client_id);
    },
  });
}

function deviceRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    ...FORM,
    method: "POST",
    path: "/api/auth/device/code",
    id: "startDevice",
    summary: "Codes for a device without a browser (RFC 8628)",
    limit: { name: "device-codes", perMinute: 30 },
    body: deviceInput,
    answer: { status: 200, schema: deviceCodeAnswer },
    async handle(call) {
      const { client_id: clientId = "", scope } = call.body;
      return presentDeviceCode(
        await startDevice(deps, { clientId, scope }, originOf(call)),
        deps.config.BASE_URL,
      );
    },
  });
  http.operation({
    ...PERSON,
    method: "POST",
    path: "/api/auth/device/lookup",
    id: "findDevice",
    summary: "Which app waits for this code, and where it asked from",
    body: userCodeInput,
    answer: { status: 200, schema: waitingAnswer },
    handle: async ({ actor, body }) => presentWaiting(await findDevice(deps, actor, body.user_code)),
  });
  http.operation({
    ...PERSON,
    method: "POST",
    path: "/api/auth/device/approve",
    id: "decideDevice",
    summary: "Let the device that waits for this code in, or not",
    body: deviceDecisionInput,
    answer: { status: 204, schema: null },
    handle: ({ actor, body }) =>
      decideOnDevice(deps, actor, { typed: body.user_code, approve: body.approve }),
  });
}

function wellKnownRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "GET",
    path: "/.well-known/jwks.json",
    id: "getKeySet",
    tag: TAG,
    summary: "The keys that access tokens are signed with",
    access: { least: "anyone" },
    answer: { status: 200, schema: keySetAnswer },
    handle: () => deps.accessTokens.published(),
  });
  http.operation({
    method: "GET",
    path: "/.well-known/oauth-authorization-server",
    id: "getAuthorizationServer",
    tag: TAG,
    summary: "Where apps find each endpoint (RFC 8414)",
    access: { least: "anyone" },
    answer: { status: 200, schema: metadataAnswer },
    handle: () => serverMetadata(deps),
  });
}

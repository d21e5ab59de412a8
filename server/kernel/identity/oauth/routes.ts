import type { Actor, Http } from "../../../platform/http/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityMetrics } from "../metrics.ts";
import { comeBack, VISITS } from "./come-back.ts";
import { flowCookie, newBrowserSecret, ownPath, withQuery } from "./flow.ts";
import { accountsOf, acceptOffer, unlink } from "./link.ts";
import {
  accountAnswer,
  accountParams,
  accountsAnswer,
  authorizeAnswer,
  callbackInput,
  configured,
  linkInput,
  offerInput,
  presentAccount,
  presentAccounts,
  providerParams,
  providersAnswer,
  startInput,
} from "./schemas.ts";
import { ssoRoutes } from "./sso-routes.ts";
import { getCompany, startVisit } from "./start.ts";

/** Sign-in with other companies, and the accounts that people connect. */
export function oauthRoutes(http: Http, deps: IdentityDeps): void {
  visitRoutes(http, deps);
  ssoRoutes(http, deps);
  accountRoutes(http, deps);
  changeRoutes(http, deps);
}

function personOf({ userId, orgId }: Actor): { userId: UserId; orgId: OrgId } {
  if (!userId) throw new Problem(common.forbidden);
  return { userId, orgId };
}

function visitRoutes(http: Http, deps: IdentityDeps): void {
  const flow = flowCookie(deps.config);
  const { signIns: total } = identityMetrics(deps.metrics);
  http.operation({
    method: "GET",
    path: "/api/auth/oauth",
    id: "listSignInProviders",
    tag: "Sign-in",
    summary: "The companies that people can sign in with here",
    access: { least: "anyone" },
    answer: { status: 200, schema: providersAnswer },
    handle: () =>
      Promise.resolve({ providers: configured(deps.providers), registration: deps.config.REGISTRATION }),
  });
  http.operation({
    method: "GET",
    path: "/api/auth/oauth/:provider",
    id: "startOAuth",
    tag: "Sign-in",
    summary: "Go and sign in with another company",
    access: { least: "anyone" },
    limit: VISITS,
    params: providerParams,
    query: startInput,
    answer: { status: 302, schema: null },
    async handle({ params: { provider }, query, request, reply }) {
      const browser = flow.read(request.headers.cookie) ?? newBrowserSecret();
      try {
        const { return_to: returnTo, invitation_token: invitation = null } = query;
        const company = getCompany(deps, provider);
        const start = { company, browser, returnTo, userId: null, invitation };
        reply.header("location", await startVisit(deps, start)).header("set-cookie", flow.set(browser));
      } catch (error) {
        // A browser that follows a link is shown a page, not a problem's JSON.
        if (!(error instanceof Problem) || error.kind.status !== 503) throw error;
        total.inc({ method: provider, outcome: error.kind.code });
        const back = ownPath(query.return_to, deps.config.BASE_URL);
        const fields = { error: error.kind.code, provider, ...(back === "/" ? {} : { next: back }) };
        reply.header("location", withQuery("/sign-in", fields));
      }
    },
  });
  http.operation({
    method: "GET",
    path: "/api/auth/oauth/:provider/callback",
    id: "finishOAuth",
    tag: "Sign-in",
    summary: "Come back from another company: signed in, or to a page that says why not",
    access: { least: "anyone" },
    limit: VISITS,
    params: providerParams,
    query: callbackInput,
    answer: { status: 302, schema: null },
    handle: (call) => {
      const { provider } = call.params;
      const find = () => Promise.resolve(getCompany(deps, provider));
      return comeBack(deps, call, { label: provider, keys: provider, find });
    },
  });
}

function accountRoutes(http: Http, deps: IdentityDeps): void {
  const flow = flowCookie(deps.config);
  http.operation({
    method: "GET",
    path: "/api/users/oauth-accounts",
    id: "listConnectedAccounts",
    tag: "Sign-in",
    summary: "One's accounts at other companies, and those that wait for one's yes",
    access: { least: "viewer" },
    answer: { status: 200, schema: accountsAnswer },
    async handle({ actor, request }) {
      const { userId } = personOf(actor);
      return presentAccounts(await accountsOf(deps, userId, flow.read(request.headers.cookie)));
    },
  });
  http.operation({
    method: "POST",
    path: "/api/users/oauth-accounts",
    id: "connectAccount",
    tag: "Sign-in",
    summary: "Go and connect an account at another company",
    access: { least: "viewer" },
    proof: true,
    limit: VISITS,
    body: linkInput,
    answer: { status: 200, schema: authorizeAnswer },
    async handle({ actor, body, request, reply }) {
      const { userId } = personOf(actor);
      const browser = flow.read(request.headers.cookie) ?? newBrowserSecret();
      const { provider, return_to: returnTo } = body;
      const url = await startVisit(deps, {
        company: getCompany(deps, provider),
        browser,
        returnTo,
        userId,
        invitation: null,
      });
      reply.header("set-cookie", flow.set(browser));
      return { authorize_url: url };
    },
  });
}

function changeRoutes(http: Http, deps: IdentityDeps): void {
  const flow = flowCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/users/oauth-accounts/confirm",
    id: "confirmAccount",
    tag: "Sign-in",
    summary: "Connect the account that was just proven in this browser",
    access: { least: "viewer" },
    proof: true,
    body: offerInput,
    answer: { status: 201, schema: accountAnswer },
    async handle({ actor, body, request }) {
      const browser = flow.read(request.headers.cookie);
      return presentAccount(await acceptOffer(deps, personOf(actor), browser, body.id));
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/users/oauth-accounts/:id",
    id: "disconnectAccount",
    tag: "Sign-in",
    summary: "Disconnect an account",
    access: { least: "viewer" },
    proof: true,
    params: accountParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => unlink(deps, personOf(actor), params.id),
  });
}

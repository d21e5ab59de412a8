import type { Http } from "../../../platform/http/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityMetrics } from "../metrics.ts";
import { identityProblems } from "../problems.ts";
import { comeBack, VISITS } from "./come-back.ts";
import { flowCookie, newBrowserSecret, ownPath, withQuery } from "./flow.ts";
import { callbackInput, ssoInput } from "./schemas.ts";
import { startVisit } from "./start.ts";

/** Sign-in with an organization's own issuer, found by the domain of an address. */
export function ssoRoutes(http: Http, deps: IdentityDeps): void {
  const flow = flowCookie(deps.config);
  http.operation({
    method: "GET",
    path: "/api/auth/sso",
    id: "startSso",
    tag: "Sign-in",
    summary: "Go and sign in with the issuer of one's organization",
    access: { least: "anyone" },
    limit: VISITS,
    query: ssoInput,
    answer: { status: 302, schema: null },
    async handle({ query, request, reply }) {
      const { email, return_to: returnTo } = query;
      const browser = flow.read(request.headers.cookie) ?? newBrowserSecret();
      try {
        const company = await deps.connections.findByDomain(email.slice(email.lastIndexOf("@") + 1));
        if (!company) throw new Problem(identityProblems.no_sso);
        const start = { company, browser, returnTo, userId: null, invitation: null, hint: email };
        reply.header("location", await startVisit(deps, start)).header("set-cookie", flow.set(browser));
      } catch (error) {
        if (!(error instanceof Problem) || error.kind.status === 500) throw error;
        identityMetrics(deps.metrics).signIns.inc({ method: "sso", outcome: error.kind.code });
        const next = ownPath(returnTo, deps.config.BASE_URL);
        const fields = { error: error.kind.code, provider: "sso", ...(next === "/" ? {} : { next }) };
        reply.header("location", withQuery("/sign-in", fields));
      }
    },
  });
  http.operation({
    method: "GET",
    path: "/api/auth/sso/callback",
    id: "finishSso",
    tag: "Sign-in",
    summary: "Come back from the issuer of one's organization",
    access: { least: "anyone" },
    limit: VISITS,
    query: callbackInput,
    answer: { status: 302, schema: null },
    handle: (call) => comeBack(deps, call, { label: "sso", keys: "sso:%", find: deps.connections.findByKey }),
  });
}

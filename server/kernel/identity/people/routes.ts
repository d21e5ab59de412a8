import { networkOf, type Http } from "../../../platform/http/index.ts";
import { assert, Problem, common } from "../../../platform/problem.ts";
import { attemptsPolicy, createAttempts } from "./attempts.ts";
import type { IdentityDeps } from "../deps.ts";
import { answerSignIn, originOf, type Outgoing } from "../sessions/answer-sign-in.ts";
import {
  linkAnswer,
  loginInput,
  presentUser,
  redeemInput,
  setUpAnswer,
  setUpInput,
  signedInAnswer,
} from "../schemas.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { setUp } from "./set-up.ts";
import { createSignInLink, redeemSignInLink } from "./sign-in-link.ts";
import { signIn, signOut } from "./sign-in.ts";

/** Counts a try to sign in; 429 when the network or the address has none left. */
function createGate({ clock, config }: IdentityDeps): (reply: Outgoing, subjects: readonly string[]) => void {
  const attempts = createAttempts(clock);
  return (reply, subjects) => {
    if (config.AUTH_LIMITS === "off") return;
    const { allowed, name, remaining, resetSeconds } = attempts.take(subjects);
    reply.header("ratelimit-policy", attemptsPolicy);
    reply.header("ratelimit", `"${name}";r=${remaining};t=${resetSeconds}`);
    if (!allowed) throw new Problem(common.rate_limited, { retryAfter: resetSeconds });
  };
}

/** Set-up, sign-in, sign-in links, sign-out. */
export function peopleRoutes(http: Http, deps: IdentityDeps): void {
  const gate = createGate(deps);
  passwordRoutes(http, deps, gate);
  linkRoutes(http, deps, gate);
}

function passwordRoutes(http: Http, deps: IdentityDeps, gate: ReturnType<typeof createGate>): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/admin/setup",
    id: "setUp",
    tag: "Sign-in",
    summary: "Make the first operator",
    access: { least: "anyone" },
    limit: "none",
    body: setUpInput,
    answer: { status: 201, schema: setUpAnswer },
    async handle({ body, ip, reply }) {
      gate(reply, [`setup ${networkOf(ip)}`]);
      const { full_name: fullName, ...rest } = body;
      return { user: presentUser(await setUp(deps, { ...rest, fullName })) };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/auth/login",
    id: "signIn",
    tag: "Sign-in",
    summary: "Sign in by password",
    access: { least: "anyone" },
    limit: "none",
    body: loginInput,
    answer: { status: 200, schema: signedInAnswer },
    async handle(call) {
      const { body, reply } = call;
      gate(reply, [`network ${networkOf(call.ip)}`, `address ${body.email.toLowerCase()}`]);
      return answerSignIn(reply, cookie, await signIn(deps, body, originOf(call)));
    },
  });
  http.operation({
    method: "POST",
    path: "/api/auth/logout",
    id: "signOut",
    tag: "Sign-in",
    summary: "End the session of the cookie, if there is one",
    access: { least: "anyone" },
    answer: { status: 204, schema: null },
    async handle({ request, reply }) {
      await signOut(deps, cookie.read(request.headers.cookie));
      reply.header("set-cookie", cookie.clear());
    },
  });
}

function linkRoutes(http: Http, deps: IdentityDeps, gate: ReturnType<typeof createGate>): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/auth/sign-in-links",
    id: "createSignInLink",
    tag: "Sign-in",
    summary: "A link that signs oneself in, once, within 10 minutes",
    access: { least: "viewer" },
    limit: { name: "sign-in-links", perMinute: 10 },
    answer: { status: 201, schema: linkAnswer },
    async handle({ actor }) {
      assert(actor.userId, "only people reach operations without a scope");
      const { url, expiresAt } = await createSignInLink(deps, actor.userId);
      return { url, expires_at: expiresAt };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/auth/sign-in-links/redeem",
    id: "redeemSignInLink",
    tag: "Sign-in",
    summary: "Sign in by a link",
    access: { least: "anyone" },
    limit: "none",
    body: redeemInput,
    answer: { status: 200, schema: signedInAnswer },
    async handle(call) {
      gate(call.reply, [`link ${networkOf(call.ip)}`]);
      const signedIn = await redeemSignInLink(deps, call.body.token, originOf(call));
      return answerSignIn(call.reply, cookie, signedIn);
    },
  });
}

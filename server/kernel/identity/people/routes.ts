import { networkOf, type Http } from "../../../platform/http/index.ts";
import { assert } from "../../../platform/problem.ts";
import { personSubject } from "../../../platform/rate-limit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { SET_UP, SIGN_IN, SIGN_IN_LINK } from "../limits.ts";
import { answerSignIn, originOf } from "../sessions/answer-sign-in.ts";
import { linkAnswer, loginInput, presentUser, redeemInput, setUpAnswer, setUpInput } from "../schemas.ts";
import { loginAnswer } from "../sessions/login-answer.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { countSignIn } from "../metrics.ts";
import { setUp } from "./set-up.ts";
import { createSignInLink, redeemSignInLink } from "./sign-in-link.ts";
import { signIn } from "./sign-in.ts";

/** Set-up, sign-in, sign-in links. */
export function peopleRoutes(http: Http, deps: IdentityDeps): void {
  wayInRoutes(http, deps);
  linkRoutes(http, deps);
}

function wayInRoutes(http: Http, deps: IdentityDeps): void {
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
    async handle({ body, ip, takeLimit }) {
      await takeLimit(SET_UP, [networkOf(ip)]);
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
    answer: { status: 200, schema: loginAnswer },
    async handle(call) {
      const { body, reply } = call;
      await call.takeLimit(SIGN_IN, [networkOf(call.ip), personSubject(body.email)]);
      const signedIn = await countSignIn(deps.metrics, "password", signIn(deps, body, originOf(call)));
      return answerSignIn(reply, cookie, signedIn);
    },
  });
}

function linkRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/auth/sign-in-links",
    id: "createSignInLink",
    tag: "Sign-in",
    summary: "A link that signs oneself in, once, within 10 minutes",
    access: { least: "viewer" },
    limit: { name: "sign-in-links", perMinute: 10, kind: "auth" },
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
    answer: { status: 200, schema: loginAnswer },
    async handle(call) {
      await call.takeLimit(SIGN_IN_LINK, [networkOf(call.ip)]);
      const signedIn = await countSignIn(
        deps.metrics,
        "link",
        redeemSignInLink(deps, call.body.token, originOf(call)),
      );
      return answerSignIn(call.reply, cookie, signedIn);
    },
  });
}

import type { Http } from "../../../platform/http/index.ts";
import { personSubject } from "../../../platform/rate-limit/index.ts";
import { ownCookie } from "../cookie.ts";
import type { IdentityDeps } from "../deps.ts";
import { MAIL_AGAIN, MAILED_TOKEN, REGISTER } from "../limits.ts";
import { presentUser } from "../schemas.ts";
import { resendRegistration } from "./mails.ts";
import { register } from "./register.ts";
import { addressInput, registerAnswer, registerInput, verifyAnswer, verifyInput } from "./schemas.ts";
import { verifyEmail } from "./verify-email.ts";

/** By this cookie the browser that registered is known again, for as long as the registration waits. */
const COOKIE_SECONDS = 7 * 86_400;

/** Sign-up, the page of mailed links, the mail once more. */
export function registrationRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = ownCookie(deps.config, "registration", COOKIE_SECONDS);
  registerRoute(http, deps, cookie);
  http.operation({
    method: "POST",
    path: "/api/auth/verify-email",
    id: "verifyEmail",
    tag: "Sign-up",
    summary: "Do what a mailed link is for: confirm a registration or address, or undo a change of address",
    access: { least: "anyone" },
    limit: MAILED_TOKEN,
    body: verifyInput,
    answer: { status: 200, schema: verifyAnswer },
    async handle({ body, request, reply }) {
      const browser = cookie.read(request.headers.cookie);
      const { purpose, user } = await verifyEmail(deps, body.token, { browser, password: body.password });
      if (purpose === "verify") reply.header("set-cookie", cookie.clear());
      return { purpose, user: presentUser(user) };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/auth/verify-email/resend",
    id: "resendVerification",
    tag: "Sign-up",
    summary: "Send the mail of a registration once more; the answer does not tell whether there is one",
    access: { least: "anyone" },
    body: addressInput,
    answer: { status: 202, schema: null },
    async handle({ body, request, takeLimit }) {
      const email = body.email.toLowerCase();
      await takeLimit(MAIL_AGAIN, [personSubject(email)]);
      await resendRegistration(deps, email, cookie.read(request.headers.cookie));
    },
  });
}

function registerRoute(http: Http, deps: IdentityDeps, cookie: ReturnType<typeof ownCookie>): void {
  http.operation({
    method: "POST",
    path: "/api/auth/register",
    id: "register",
    tag: "Sign-up",
    summary: "Ask for an account; the answer does not tell whether the address has one",
    access: { least: "anyone" },
    limit: REGISTER,
    body: registerInput,
    answer: { status: 202, schema: registerAnswer },
    async handle({ body, reply }) {
      const { full_name: fullName, invitation_token: invitationToken, ...rest } = body;
      const browser = await register(deps, { ...rest, fullName, invitationToken });
      reply.header("set-cookie", cookie.set(browser));
      return { status: "verification_sent" as const };
    },
  });
}

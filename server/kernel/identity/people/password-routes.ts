import { withSystemTx } from "../../../platform/db/index.ts";
import { personIn, type Http } from "../../../platform/http/index.ts";
import { personSubject } from "../../../platform/rate-limit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { MAILED_TOKEN, RESET, RESETS } from "../limits.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { changePassword, resetPassword } from "./change-password.ts";
import { RESET_MAIL } from "./credential-mails.ts";
import { passwordInput, resetConfirmInput, resetInput } from "./schemas.ts";

/** Another password: by a proof, or by mail. */
export function passwordRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "PUT",
    path: "/api/auth/password",
    id: "changePassword",
    tag: "Account",
    summary: "Choose another password; everything else that is signed in as you ends",
    access: { least: "viewer" },
    proof: true,
    whenSuspended: true,
    beforeMfa: true,
    body: passwordInput,
    answer: { status: 204, schema: null },
    async handle({ actor, body, reply }) {
      const who = { userId: personIn(actor), sessionId: actor.credentialId, orgId: actor.orgId };
      const secret = await changePassword(deps, who, body.password);
      if (secret) reply.header("set-cookie", cookie.set(secret));
    },
  });
  http.operation({
    method: "POST",
    path: "/api/auth/password-reset",
    id: "requestPasswordReset",
    tag: "Sign-in",
    summary: "Mail a link to choose a new password; the answer does not tell whether there is such a person",
    access: { least: "anyone" },
    limit: RESETS,
    body: resetInput,
    answer: { status: 202, schema: null },
    async handle({ body, takeLimit }) {
      const to = body.email.toLowerCase();
      await takeLimit(RESET, [personSubject(to)]);
      await withSystemTx(deps.db, (tx) => deps.mail.send(tx, { kind: RESET_MAIL, to }));
    },
  });
  http.operation({
    method: "POST",
    path: "/api/auth/password-reset/confirm",
    id: "resetPassword",
    tag: "Sign-in",
    summary: "Set a new password by a mailed token; everything that is signed in as the person ends",
    access: { least: "anyone" },
    limit: MAILED_TOKEN,
    body: resetConfirmInput,
    answer: { status: 204, schema: null },
    handle: ({ body }) => resetPassword(deps, body.token, body.password),
  });
}

import type { Http } from "../../../platform/http/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { answerSignIn, originOf } from "../sessions/answer-sign-in.ts";
import { loginAnswer } from "../sessions/login-answer.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { regenerateCodes } from "./codes.ts";
import { disableTotp } from "./disable.ts";
import { confirm, enroll } from "./enroll.ts";
import { finishSignIn } from "./finish-sign-in.ts";
import { ownerOf } from "./owner.ts";
import {
  codesAnswer,
  confirmedAnswer,
  confirmInput,
  enrollmentAnswer,
  mfaStatusAnswer,
  presentEnrollment,
  presentRenewed,
  presentStatus,
  readShown,
  secondFactorInput,
} from "./schemas.ts";
import { mfaStatus } from "./status.ts";

const TAG = "Two-step verification";
/** Of one person, or of one network that nobody has signed in from; wrong codes lock long before. */
const limit = { name: "mfa", perMinute: 20, kind: "auth" } as const;

/** Authenticator apps, backup codes, and the second step of signing in. */
export function mfaRoutes(http: Http, deps: IdentityDeps): void {
  setUpRoutes(http, deps);
  changeRoutes(http, deps);
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/auth/mfa/login-verify",
    id: "finishSignIn",
    tag: TAG,
    summary: "Finish a sign-in by its second factor",
    access: { least: "anyone" },
    limit,
    body: secondFactorInput,
    answer: { status: 200, schema: loginAnswer },
    async handle(call) {
      const { challenge } = call.body;
      const signedIn = await finishSignIn(deps, challenge, readShown(call.body), originOf(call));
      return answerSignIn(call.reply, cookie, signedIn);
    },
  });
}

function setUpRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "GET",
    path: "/api/auth/mfa/status",
    id: "getMfaStatus",
    tag: TAG,
    summary: "Second factors that one has",
    access: { least: "viewer" },
    beforeMfa: true,
    answer: { status: 200, schema: mfaStatusAnswer },
    handle: async ({ actor }) => presentStatus(await mfaStatus(deps.db, ownerOf(actor).userId), actor.mfaDue),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/mfa/enroll",
    id: "enrollMfa",
    tag: TAG,
    summary: "A secret for an authenticator app; in force with its first code, within 15 minutes",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    limit,
    answer: { status: 200, schema: enrollmentAnswer },
    handle: async ({ actor }) => presentEnrollment(await enroll(deps, ownerOf(actor))),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/mfa/verify",
    id: "confirmMfa",
    tag: TAG,
    summary: "Put the app's secret in force by its first code; tells ten backup codes, once",
    access: { least: "viewer" },
    beforeMfa: true,
    limit,
    body: confirmInput,
    answer: { status: 200, schema: confirmedAnswer },
    async handle({ actor, body, reply }) {
      const { codes, opened } = await confirm(deps, ownerOf(actor), body.code);
      if (opened) reply.header("set-cookie", cookie.set(opened.secret));
      return { backup_codes: codes, session: presentRenewed(opened) };
    },
  });
}

function changeRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "POST",
    path: "/api/auth/mfa/disable",
    id: "disableMfa",
    tag: TAG,
    summary: "Take the authenticator app away",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    limit,
    answer: { status: 204, schema: null },
    handle: ({ actor }) => disableTotp(deps, ownerOf(actor)),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/mfa/regenerate-codes",
    id: "regenerateBackupCodes",
    tag: TAG,
    summary: "Ten new backup codes, told once; the old ones are void",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    limit,
    answer: { status: 200, schema: codesAnswer },
    handle: async ({ actor }) => ({ backup_codes: await regenerateCodes(deps, ownerOf(actor)) }),
  });
}

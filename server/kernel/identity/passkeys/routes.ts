import type { Http } from "../../../platform/http/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { ownerOf } from "../mfa/owner.ts";
import { answerSignIn, originOf } from "../sessions/answer-sign-in.ts";
import { loginAnswer } from "../sessions/login-answer.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { passkeysOf, removePasskey, renamePasskey } from "./own.ts";
import { addPasskey, newPasskeyOptions } from "./register.ts";
import {
  addedAnswer,
  assertionOptionsAnswer,
  optionsInput,
  passkeyAnswer,
  passkeyLoginInput,
  passkeyParams,
  passkeysAnswer,
  presentAdded,
  presentPasskey,
  registerInput,
  registrationOptionsAnswer,
  renameInput,
} from "./schemas.ts";
import { signInByPasskey, signInOptions } from "./sign-in.ts";

const TAG = "Passkeys";
/** A sign-in page asks for options by itself, and again when they are about to expire. */
const limit = { name: "passkeys", perMinute: 30, kind: "auth" } as const;

/** Passkeys: one's own, and signing in by one. */
export function passkeyRoutes(http: Http, deps: IdentityDeps): void {
  signInRoutes(http, deps);
  registerRoutes(http, deps);
  ownRoutes(http, deps);
}

function signInRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/auth/passkeys/login/options",
    id: "getPasskeyLoginOptions",
    tag: TAG,
    summary: "What a passkey is asked to sign; good for five minutes, once",
    access: { least: "anyone" },
    limit,
    body: optionsInput,
    answer: { status: 200, schema: assertionOptionsAnswer },
    handle: ({ actor, body }) =>
      signInOptions(deps, { mfaChallenge: body?.challenge ?? null, userId: actor?.userId ?? null }),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/passkeys/login",
    id: "signInByPasskey",
    tag: TAG,
    summary: "Sign in by a passkey, which is both factors",
    access: { least: "anyone" },
    limit,
    body: passkeyLoginInput,
    answer: { status: 200, schema: loginAnswer },
    async handle(call) {
      const { assertion, mode } = call.body;
      const signedIn = await signInByPasskey(deps, assertion, originOf(call), mode);
      return answerSignIn(call.reply, cookie, signedIn);
    },
  });
}

function registerRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/auth/passkeys/register/options",
    id: "getPasskeyRegistrationOptions",
    tag: TAG,
    summary: "What an authenticator is asked to make; good for five minutes, once",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    limit,
    answer: { status: 200, schema: registrationOptionsAnswer },
    handle: ({ actor }) => newPasskeyOptions(deps, ownerOf(actor)),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/passkeys/register",
    id: "registerPasskey",
    tag: TAG,
    summary: "Keep a passkey that was made; with the first second factor come ten backup codes",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    limit,
    body: registerInput,
    answer: { status: 201, schema: addedAnswer },
    async handle({ actor, body, reply }) {
      const added = await addPasskey(deps, ownerOf(actor), body);
      if (added.opened) reply.header("set-cookie", cookie.set(added.opened.secret));
      return presentAdded(added);
    },
  });
}

function ownRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "GET",
    path: "/api/auth/passkeys",
    id: "listPasskeys",
    tag: TAG,
    summary: "One's own passkeys, oldest first",
    access: { least: "viewer" },
    beforeMfa: true,
    answer: { status: 200, schema: passkeysAnswer },
    handle: async ({ actor }) => ({
      data: (await passkeysOf(deps.db, ownerOf(actor).userId)).map(presentPasskey),
    }),
  });
  http.operation({
    method: "PUT",
    path: "/api/auth/passkeys/:id",
    id: "renamePasskey",
    tag: TAG,
    summary: "Give a passkey another name",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    params: passkeyParams,
    body: renameInput,
    answer: { status: 200, schema: passkeyAnswer },
    handle: async ({ actor, params, body }) =>
      presentPasskey(await renamePasskey(deps, ownerOf(actor), params.id, body.name)),
  });
  http.operation({
    method: "DELETE",
    path: "/api/auth/passkeys/:id",
    id: "removePasskey",
    tag: TAG,
    summary: "Take a passkey away",
    access: { least: "viewer" },
    beforeMfa: true,
    proof: true,
    params: passkeyParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => removePasskey(deps, ownerOf(actor), params.id),
  });
}

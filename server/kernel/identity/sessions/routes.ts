import { personIn, type Http } from "../../../platform/http/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { endOwnSession, endSessions, endTokenSession, signOut } from "./end-sessions.ts";
import { sessionsOf } from "./list-sessions.ts";
import { reauthenticate } from "./reauth.ts";
import { endAnswer, endInput, presentEntry, reauthInput, sessionParams, sessionsAnswer } from "./schemas.ts";
import { sessionCookie } from "./session-cookie.ts";

/** Sign-out, one's sessions, a new proof. */
export function sessionRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/auth/logout",
    id: "signOut",
    tag: "Sign-in",
    summary: "End the session of the access token or cookie, if there is one",
    access: { least: "anyone" },
    lenient: true,
    answer: { status: 204, schema: null },
    async handle({ actor, request, reply }) {
      if (actor?.kind === "token") return endTokenSession(deps, personIn(actor), actor.credentialId);
      await signOut(deps, cookie.read(request.headers.cookie));
      reply.header("set-cookie", cookie.clear());
    },
  });
  http.operation({
    method: "GET",
    path: "/api/auth/sessions",
    id: "listSessions",
    tag: "Sign-in",
    summary: "Where one is signed in",
    access: { least: "viewer" },
    whenSuspended: true,
    beforeMfa: true,
    answer: { status: 200, schema: sessionsAnswer },
    async handle({ actor }) {
      const sessions = await sessionsOf(deps, personIn(actor));
      const data = sessions.map((session) => presentEntry(session, actor.credentialId));
      return { data, has_more: false, next_cursor: null };
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/auth/sessions/:id",
    id: "endSession",
    tag: "Sign-in",
    summary: "End one of one's sessions",
    access: { least: "viewer" },
    whenSuspended: true,
    beforeMfa: true,
    params: sessionParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => endOwnSession(deps, personIn(actor), params.id),
  });
  http.operation({
    method: "DELETE",
    path: "/api/auth/sessions",
    id: "endSessions",
    tag: "Sign-in",
    summary: "End all of one's sessions, or all but this one",
    access: { least: "viewer" },
    whenSuspended: true,
    beforeMfa: true,
    query: endInput,
    answer: { status: 200, schema: endAnswer },
    async handle({ actor, query }) {
      const except = query.keep_current === "true" ? actor.credentialId : undefined;
      const revoked = await withSystemTx(deps.db, (tx) =>
        endSessions(tx, deps, personIn(actor), { reason: "user_action", except }),
      );
      return { revoked };
    },
  });
  reauthRoute(http, deps);
}

function reauthRoute(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "POST",
    path: "/api/auth/reauth",
    id: "reauthenticate",
    tag: "Sign-in",
    summary: "Prove once more that it is you: by password, code or passkey",
    access: { least: "viewer" },
    whenSuspended: true,
    beforeMfa: true,
    limit: { name: "reauth", perMinute: 5, kind: "auth" },
    body: reauthInput,
    answer: { status: 204, schema: null },
    async handle({ actor, body }) {
      const userId = personIn(actor);
      const who = { userId, sessionId: actor.credentialId, orgId: actor.orgId };
      await reauthenticate(deps, who, body);
    },
  });
}

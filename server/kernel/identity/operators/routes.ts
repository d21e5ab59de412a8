import { openCursor, personIn, type Http } from "../../../platform/http/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { presentSignedIn, presentUser, setUpAnswer, signedInAnswer } from "../schemas.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { invitePerson } from "./invite.ts";
import { readPeople, readPerson } from "./read.ts";
import { requestMfaReset } from "./reset-mfa.ts";
import * as schemas from "./schemas.ts";
import { setOperator } from "./set-operator.ts";
import { setStatus } from "./set-status.ts";
import { endView, viewAs } from "./view-as.ts";

const TAG = "Operator";
const access = { least: "operator" } as const;
const limit = { name: "operator_people", perMinute: 30 };

/** The installation's people, for its operators. */
export function operatorRoutes(http: Http, deps: IdentityDeps): void {
  readRoutes(http, deps);
  actRoutes(http, deps);
  viewRoutes(http, deps);
}

function readRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "GET",
    path: "/api/admin/users",
    id: "listPeople",
    tag: TAG,
    summary: "People of the installation, newest first",
    access,
    query: schemas.peopleQuery,
    answer: { status: 200, schema: schemas.peopleAnswer },
    async handle({ query }) {
      const filter = { search: query.search ?? null, status: query.status ?? null };
      const page = { limit: query.limit + 1, after: openCursor(query.cursor) };
      return schemas.presentPeople(await readPeople(deps, filter, page), query.limit);
    },
  });
  http.operation({
    method: "GET",
    path: "/api/admin/users/:id",
    id: "getPerson",
    tag: TAG,
    summary: "One person, where they belong, and what is under way",
    access,
    params: schemas.personParams,
    answer: { status: 200, schema: schemas.detailAnswer },
    handle: async ({ params }) => schemas.presentDetail(await readPerson(deps, params.id)),
  });
}

function actRoutes(http: Http, deps: IdentityDeps): void {
  const of = { tag: TAG, access, limit } as const;
  const on = { ...of, proof: true, params: schemas.personParams } as const;
  http.operation({
    ...of,
    method: "POST",
    path: "/api/admin/users",
    id: "invitePerson",
    summary: "Make a person without a password; a mailed link lets them choose one",
    idempotent: true,
    body: schemas.inviteInput,
    answer: { status: 201, schema: setUpAnswer },
    async handle({ actor, body, operationId }) {
      const person = { email: body.email, fullName: body.full_name };
      return { user: presentUser(await invitePerson(deps, personIn(actor), person, operationId)) };
    },
  });
  http.operation({
    ...on,
    method: "PUT",
    path: "/api/admin/users/:id/status",
    id: "setPersonStatus",
    summary: "Disable a person, which ends whatever is signed in as them, or let them in again",
    body: schemas.statusInput,
    answer: { status: 204, schema: null },
    handle: ({ actor, params, body }) => setStatus(deps, personIn(actor), params.id, body),
  });
  http.operation({
    ...on,
    method: "PUT",
    path: "/api/admin/users/:id/admin",
    id: "setPersonAdmin",
    summary: "Let a person operate the installation, or no more; they sign in anew",
    body: schemas.operatorInput,
    answer: { status: 204, schema: null },
    handle: ({ actor, params, body }) => setOperator(deps, personIn(actor), params.id, body.admin),
  });
  http.operation({
    ...on,
    method: "POST",
    path: "/api/admin/users/:id/reset-mfa",
    id: "resetPersonMfa",
    summary: "Take a person's second factors away in 24 hours, unless they say no by mail",
    answer: { status: 202, schema: schemas.resetAnswer },
    async handle({ actor, params }) {
      const { executeAt } = await requestMfaReset(deps, personIn(actor), params.id);
      return { execute_at: executeAt };
    },
  });
}

function viewRoutes(http: Http, deps: IdentityDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "POST",
    path: "/api/admin/users/:id/view-as",
    id: "viewAsPerson",
    tag: TAG,
    summary: "See for 30 minutes what a person sees, changing nothing; they are told",
    access,
    limit,
    proof: true,
    params: schemas.personParams,
    body: schemas.viewInput,
    answer: { status: 200, schema: signedInAnswer },
    async handle({ actor, params, body, ip, reply }) {
      const opened = await viewAs(deps, actor, params.id, body.reason, ip);
      reply.header("set-cookie", cookie.set(opened.secret));
      return presentSignedIn(opened);
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/auth/view-as",
    id: "endView",
    tag: TAG,
    summary: "Look at a person's account no more; the operator's own session goes on",
    access: { least: "viewer" },
    whenReadOnly: true,
    whenSuspended: true,
    beforeMfa: true,
    answer: { status: 200, schema: signedInAnswer },
    async handle({ actor, reply }) {
      const opened = await endView(deps, actor.credentialId);
      reply.header("set-cookie", cookie.set(opened.secret));
      return presentSignedIn(opened);
    },
  });
}

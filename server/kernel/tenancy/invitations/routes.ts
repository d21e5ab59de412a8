import { type Http, openCursor, pageOf } from "../../../platform/http/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { presentOrganization } from "../organizations/schemas.ts";
import { personOf } from "../person.ts";
import { acceptInvitation, readInvitation } from "./accept.ts";
import { invite, licenses, pendingInvitations, resendInvitation, withdrawInvitation } from "./invite.ts";
import {
  acceptedAnswer,
  invitationAnswer,
  invitationInput,
  invitationPageAnswer,
  invitationParams,
  invitationsAnswer,
  invitationsQuery,
  licensesAnswer,
  presentInvitation,
  presentLicenses,
  tokenInput,
} from "./schemas.ts";

const TAG = "Team";
const access = { least: "admin", permission: "team.manage" } as const;

export function invitationRoutes(http: Http, deps: TenancyDeps): void {
  listRoutes(http, deps);
  changeRoutes(http, deps);
  invitedRoutes(http, deps);
}

function listRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "GET",
    path: "/api/team/invitations",
    id: "listInvitations",
    tag: TAG,
    summary: "Invitations that nobody has accepted yet, newest first; those that ran out as well",
    access,
    query: invitationsQuery,
    answer: { status: 200, schema: invitationsAnswer },
    async handle({ actor, query }) {
      const rows = await pendingInvitations(deps.db, actor.orgId, query.limit + 1, openCursor(query.cursor));
      return pageOf(rows, query.limit, presentInvitation, (row) => [row.createdAt, row.id]);
    },
  });
  http.operation({
    method: "GET",
    path: "/api/team/licenses",
    id: "getLicenses",
    tag: TAG,
    summary: "Seats: how many there are, are taken, and are promised",
    access,
    answer: { status: 200, schema: licensesAnswer },
    handle: async ({ actor }) => presentLicenses(await licenses(deps, actor.orgId)),
  });
}

function changeRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "POST",
    path: "/api/team/invitations",
    id: "createInvitation",
    tag: TAG,
    summary: "Invite an address by mail, for 7 days, to at most one's own rank; 20 an hour per organization",
    access,
    idempotent: true,
    body: invitationInput,
    answer: { status: 201, schema: invitationAnswer },
    handle: async ({ actor, body, operationId }) =>
      presentInvitation(await invite(deps, actor, body, operationId)),
  });
  http.operation({
    method: "DELETE",
    path: "/api/team/invitations/:id",
    id: "withdrawInvitation",
    tag: TAG,
    summary: "Take an invitation back",
    access,
    params: invitationParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => withdrawInvitation(deps, actor, params.id),
  });
  http.operation({
    method: "POST",
    path: "/api/team/invitations/:id/resend",
    id: "resendInvitation",
    tag: TAG,
    summary: "Send the mail once more, good for 7 days from now",
    access,
    limit: { name: "invitations-resend", perMinute: 10 },
    params: invitationParams,
    answer: { status: 200, schema: invitationAnswer },
    handle: async ({ actor, params }) => presentInvitation(await resendInvitation(deps, actor, params.id)),
  });
}

function invitedRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "POST",
    path: "/api/invitations/read",
    id: "readInvitation",
    tag: TAG,
    summary: "What an invitation's page shows: who invites whom; spends nothing",
    access: { least: "anyone" },
    limit: { name: "invitations-read", perMinute: 20 },
    body: tokenInput,
    answer: { status: 200, schema: invitationPageAnswer },
    async handle({ body }) {
      const { invitation, organization } = await readInvitation(deps, body.token);
      const { email, role, expiresAt } = invitation;
      return { organization, email, role, expires_at: expiresAt };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/invitations/accept",
    id: "acceptInvitation",
    tag: TAG,
    summary: "Join the organization that invited one's address",
    access: { least: "viewer" },
    whenSuspended: true,
    beforeMfa: true,
    body: tokenInput,
    answer: { status: 200, schema: acceptedAnswer },
    async handle({ actor, body }) {
      const joined = await acceptInvitation(deps, personOf(actor).userId, body.token);
      return { organization: presentOrganization(joined) };
    },
  });
}

import type { Http } from "../../../platform/http/index.ts";
import { sessionCookie } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { personOf } from "../person.ts";
import {
  changeOrganization,
  checkOwn,
  deleteOrganization,
  organizationDetail,
  transferOrganization,
} from "./change.ts";
import { foundOrganization, organizationsOf } from "./organization.ts";
import { setPolicy } from "./set-policy.ts";
import {
  organizationAnswer,
  organizationChange,
  organizationDetailAnswer,
  organizationInput,
  organizationParams,
  organizationsAnswer,
  policyAnswer,
  policyInput,
  presentDetail,
  presentOrganization,
  presentPolicy,
  readPolicy,
  suspendInput,
  transferInput,
} from "./schemas.ts";
import { resumeOrganization, suspendOrganization } from "./suspend.ts";
import { moveOn } from "./switch.ts";

const TAG = "Organizations";

/** One's organizations, the one that the session is in, and what its owner or the operator does to it. */
export function organizationRoutes(http: Http, deps: TenancyDeps): void {
  listRoutes(http, deps);
  ownRoutes(http, deps);
  ownerRoutes(http, deps);
  operatorRoutes(http, deps);
}

function listRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "GET",
    path: "/api/organizations",
    id: "listOrganizations",
    tag: TAG,
    summary: "The organizations of the person who is signed in",
    access: { least: "viewer" },
    whenSuspended: true,
    answer: { status: 200, schema: organizationsAnswer },
    async handle({ actor }) {
      const organizations = await organizationsOf(deps, personOf(actor).userId);
      return { data: organizations.map(presentOrganization), has_more: false, next_cursor: null };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/organizations",
    id: "createOrganization",
    tag: TAG,
    summary: "Make an organization and own it",
    access: { least: "viewer" },
    idempotent: true,
    body: organizationInput,
    answer: { status: 201, schema: organizationAnswer },
    async handle({ actor, body, operationId }) {
      const { userId } = personOf(actor);
      return presentOrganization(await foundOrganization(deps, userId, body, operationId));
    },
  });
}

function ownRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "GET",
    path: "/api/organizations/:id",
    id: "getOrganization",
    tag: TAG,
    summary: "The organization one is in, and its policy",
    access: { least: "viewer", scope: "settings.view" },
    params: organizationParams,
    answer: { status: 200, schema: organizationDetailAnswer },
    handle: async ({ actor, params }) => presentDetail(await organizationDetail(deps, actor, params.id)),
  });
  http.operation({
    method: "PUT",
    path: "/api/organizations/:id",
    id: "changeOrganization",
    tag: TAG,
    summary: "Another name, or another slug",
    access: { least: "admin", permission: "settings.manage" },
    params: organizationParams,
    body: organizationChange,
    answer: { status: 200, schema: organizationDetailAnswer },
    async handle({ actor, params, body }) {
      checkOwn(actor, params.id);
      await changeOrganization(deps, actor, body);
      return presentDetail(await organizationDetail(deps, actor, params.id));
    },
  });
  http.operation({
    method: "PUT",
    path: "/api/organizations/:id/policy",
    id: "setOrganizationPolicy",
    tag: TAG,
    summary: "What the organization asks of those who work in it",
    access: { least: "owner", permission: "organization.manage" },
    proof: true,
    params: organizationParams,
    body: policyInput,
    answer: { status: 200, schema: policyAnswer },
    async handle({ actor, params, body, ip }) {
      checkOwn(actor, params.id);
      const policy = readPolicy(body);
      await setPolicy(deps, actor, policy, ip);
      return presentPolicy(policy);
    },
  });
}

function ownerRoutes(http: Http, deps: TenancyDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "DELETE",
    path: "/api/organizations/:id",
    id: "deleteOrganization",
    tag: TAG,
    summary: "End the organization for everybody; the session moves on to another of one's own",
    access: { least: "owner" },
    proof: true,
    params: organizationParams,
    answer: { status: 204, schema: null },
    async handle({ actor, params, reply }) {
      checkOwn(actor, params.id);
      await deleteOrganization(deps, actor);
      const opened = await moveOn(deps, personOf(actor).userId, actor.credentialId);
      if (opened) reply.header("set-cookie", cookie.set(opened.secret));
    },
  });
  http.operation({
    method: "POST",
    path: "/api/organizations/:id/transfer",
    id: "transferOrganization",
    tag: TAG,
    summary: "Make a member the owner and oneself an admin",
    access: { least: "owner" },
    proof: true,
    params: organizationParams,
    body: transferInput,
    answer: { status: 204, schema: null },
    async handle({ actor, params, body }) {
      checkOwn(actor, params.id);
      await transferOrganization(deps, actor, body.user_id);
    },
  });
}

function operatorRoutes(http: Http, deps: TenancyDeps): void {
  const of = { access: { least: "operator" }, proof: true, params: organizationParams } as const;
  http.operation({
    method: "POST",
    path: "/api/admin/organizations/:id/suspend",
    id: "suspendOrganization",
    tag: "Operator",
    summary: "Stop an organization: its people and keys may pay and export, nothing else",
    ...of,
    body: suspendInput,
    answer: { status: 204, schema: null },
    handle: ({ actor, params, body }) => suspendOrganization(deps, actor, params.id, body.reason),
  });
  http.operation({
    method: "POST",
    path: "/api/admin/organizations/:id/resume",
    id: "resumeOrganization",
    tag: "Operator",
    summary: "Let a suspended organization go on",
    ...of,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => resumeOrganization(deps, actor, params.id),
  });
}

import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/index.ts";
import { openCursor, sealCursor, type Http } from "../../platform/http/index.ts";
import type { Hub } from "../../platform/realtime/index.ts";
import { type IdentityConfig, presentSignedIn, sessionCookie, signedInAnswer } from "../identity/index.ts";
import { createKey, keysOf, revokeKey } from "./api-keys.ts";
import type { TenancyConfig } from "./config.ts";
import { whoAmI } from "./me.ts";
import { membersOf } from "./members.ts";
import { foundOrganization, organizationsOf } from "./organization.ts";
import { personOf } from "./person.ts";
import {
  keyInput,
  keyParams,
  keysAnswer,
  listInput,
  meAnswer,
  membersAnswer,
  newKeyAnswer,
  organizationAnswer,
  organizationInput,
  organizationsAnswer,
  presentKey,
  presentMe,
  presentMember,
  presentOrganization,
  switchInput,
} from "./schemas.ts";
import { switchOrganization } from "./switch-organization.ts";

export type TenancyDeps = {
  db: Db;
  clock: Clock;
  hub: Pick<Hub, "publish">;
  config: TenancyConfig & IdentityConfig;
  /** Told after commit, so that this process refuses the old credential at once. Others do within a second. */
  credentialChanged(credentialId: string): void;
};

/** Who am I, organizations, members, API keys. */
export function tenancyRoutes(http: Http, deps: TenancyDeps): void {
  meRoutes(http, deps);
  organizationRoutes(http, deps);
  keyRoutes(http, deps);
}

/** One row more than asked tells whether there are more. */
function page<T, A>(rows: T[], limit: number, present: (row: T) => A, position: (row: T) => [Date, string]) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(present),
    has_more: last !== undefined,
    next_cursor: last === undefined ? null : sealCursor(...position(last)),
  };
}

function meRoutes(http: Http, { db, clock, config, credentialChanged }: TenancyDeps): void {
  const cookie = sessionCookie(config);
  http.operation({
    method: "GET",
    path: "/api/auth/me",
    id: "getMe",
    beforeMfa: true,
    tag: "Sign-in",
    summary: "Who is signed in, where, and where else they could be",
    access: { least: "viewer" },
    answer: { status: 200, schema: meAnswer },
    handle: async ({ actor }) => presentMe(await whoAmI(db, actor), actor.mode),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/switch-organization",
    id: "switchOrganization",
    beforeMfa: true,
    tag: "Sign-in",
    summary: "Move the session into another organization, under a new secret",
    access: { least: "viewer" },
    body: switchInput,
    answer: { status: 200, schema: signedInAnswer },
    async handle({ actor, body, reply }) {
      const opened = await switchOrganization(
        { db, clock },
        personOf(actor),
        actor.credentialId,
        body.org_id,
      );
      credentialChanged(actor.credentialId);
      reply.header("set-cookie", cookie.set(opened.secret));
      return presentSignedIn(opened);
    },
  });
}

function organizationRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "GET",
    path: "/api/organizations",
    id: "listOrganizations",
    tag: "Organizations",
    summary: "The organizations of the person who is signed in",
    access: { least: "viewer" },
    answer: { status: 200, schema: organizationsAnswer },
    async handle({ actor }) {
      const organizations = await organizationsOf(deps.db, personOf(actor).userId);
      return { data: organizations.map(presentOrganization), has_more: false, next_cursor: null };
    },
  });
  http.operation({
    method: "POST",
    path: "/api/organizations",
    id: "createOrganization",
    tag: "Organizations",
    summary: "Make an organization and own it",
    access: { least: "viewer" },
    idempotent: true,
    body: organizationInput,
    answer: { status: 201, schema: organizationAnswer },
    async handle({ actor, body, operationId }) {
      const { userId } = personOf(actor);
      return presentOrganization(await foundOrganization(deps, userId, body.name, operationId));
    },
  });
  http.operation({
    method: "GET",
    path: "/api/team/members",
    id: "listMembers",
    tag: "Organizations",
    summary: "Members of the organization",
    access: { least: "viewer" },
    query: listInput,
    answer: { status: 200, schema: membersAnswer },
    async handle({ actor, query }) {
      const rows = await membersOf(deps.db, actor.orgId, query.limit + 1, openCursor(query.cursor));
      return page(rows, query.limit, presentMember, (row) => [row.createdAt, row.userId]);
    },
  });
}

function keyRoutes(http: Http, deps: TenancyDeps): void {
  const { hub, credentialChanged } = deps;
  http.operation({
    method: "GET",
    path: "/api/api-keys",
    id: "listApiKeys",
    tag: "API keys",
    summary: "One's own keys; everyone's for an admin",
    access: { least: "agent", permission: "api_keys.own" },
    query: listInput,
    answer: { status: 200, schema: keysAnswer },
    async handle({ actor, query }) {
      const rows = await keysOf(deps.db, personOf(actor), query.limit + 1, openCursor(query.cursor));
      return page(rows, query.limit, presentKey, (row) => [row.createdAt, row.id]);
    },
  });
  http.operation({
    method: "POST",
    path: "/api/api-keys",
    id: "createApiKey",
    tag: "API keys",
    summary: "Make a key; its secret is told once",
    access: { least: "agent", permission: "api_keys.own" },
    idempotent: true,
    body: keyInput,
    answer: { status: 201, schema: newKeyAnswer },
    async handle({ actor, body, operationId, reply }) {
      const { key, secret } = await createKey(
        deps,
        personOf(actor),
        {
          name: body.name,
          mode: body.mode,
          scopes: body.scopes,
          rateLimitPerMin: body.rate_limit_per_min ?? null,
          expiresAt: body.expires_at,
        },
        operationId,
      );
      hub.publish("api_key.updated", actor.orgId, { id: key.id });
      // What is returned is kept for repeated requests, so the secret joins only the answer that is sent now.
      if (secret)
        reply
          .type("application/json; charset=utf-8")
          .serializer((body: unknown) => JSON.stringify({ ...(body as object), secret }));
      return { ...presentKey(key), secret: null };
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/api-keys/:id",
    id: "revokeApiKey",
    tag: "API keys",
    summary: "End a key for good",
    access: { least: "agent", permission: "api_keys.own" },
    params: keyParams,
    answer: { status: 204, schema: null },
    async handle({ actor, params }) {
      await revokeKey(deps, personOf(actor), params.id);
      credentialChanged(params.id);
      hub.publish("api_key.updated", actor.orgId, { id: params.id });
    },
  });
}

import type { z } from "zod";
import type { Http } from "../../platform/http/index.ts";
import { assert } from "../../platform/problem.ts";
import { answerSignIn, loginAnswer, sessionCookie } from "../identity/index.ts";
import type { TenancyDeps } from "./deps.ts";
import { explain } from "./explain.ts";
import { invitationRoutes } from "./invitations/routes.ts";
import type { KeyDefaults } from "./keys/key.ts";
import { keyRoutes } from "./keys/routes.ts";
import { whoAmI } from "./me.ts";
import { memberRoutes } from "./members/routes.ts";
import { organizationRoutes } from "./organizations/routes.ts";
import { switchOrganization } from "./organizations/switch.ts";
import { personOf } from "./person.ts";
import { ssoRoutes } from "./sso/routes.ts";
import {
  explainAnswer,
  explainInput,
  meAnswer,
  presentExplanation,
  presentMe,
  switchInput,
} from "./schemas.ts";

/**
 * Who am I, organizations, members, invitations, API keys, and why somebody may or may not. `keyDefaults` is what may be laid
 * down for the calls of a key.
 */
export function tenancyRoutes(http: Http, deps: TenancyDeps, keyDefaults: z.ZodType<KeyDefaults>): void {
  meRoutes(http, deps);
  organizationRoutes(http, deps);
  memberRoutes(http, deps);
  invitationRoutes(http, deps);
  keyRoutes(http, deps, keyDefaults);
  ssoRoutes(http, deps);
  explainRoutes(http, deps);
}

function meRoutes(http: Http, deps: TenancyDeps): void {
  const { cache, db, config, revocations } = deps;
  const cookie = sessionCookie(config);
  http.operation({
    method: "GET",
    path: "/api/auth/me",
    id: "getMe",
    beforeMfa: true,
    whenSuspended: true,
    whenLeaving: true,
    tag: "Sign-in",
    summary: "Who is signed in, where, and where else they could be",
    access: { least: "viewer" },
    answer: { status: 200, schema: meAnswer },
    handle: async ({ actor }) => presentMe(await whoAmI({ db, cache }, actor), actor.mode),
  });
  http.operation({
    method: "POST",
    path: "/api/auth/switch-organization",
    id: "switchOrganization",
    beforeMfa: true,
    whenSuspended: true,
    tag: "Sign-in",
    summary: "Move the session into another organization, under a new secret or tokens",
    access: { least: "viewer" },
    body: switchInput,
    answer: { status: 200, schema: loginAnswer },
    async handle({ actor, body, reply }) {
      const signedIn = await switchOrganization(deps, personOf(actor), actor.credentialId, body.org_id);
      revocations.revoke({ credentialId: actor.credentialId });
      return answerSignIn(reply, cookie, signedIn);
    },
  });
}

function explainRoutes(http: Http, deps: TenancyDeps): void {
  http.operation({
    method: "POST",
    path: "/api/access/explain",
    id: "explainAccess",
    tag: "Team",
    summary: "Name the rule that allows a person or key something, or denies it",
    access: { least: "admin", permission: "team.manage" },
    body: explainInput,
    answer: { status: 200, schema: explainAnswer },
    async handle({ actor, body }) {
      const subject = body.user_id ? { userId: body.user_id } : body.key_id && { keyId: body.key_id };
      assert(subject, "the schema asks for one of the two");
      const now = deps.clock.now();
      return presentExplanation(await explain(deps, actor.orgId, subject, body.permission, now));
    },
  });
}

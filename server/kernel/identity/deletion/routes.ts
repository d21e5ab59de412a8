import { personIn, type Http } from "../../../platform/http/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { MAILED_TOKEN } from "../limits.ts";
import {
  cancelDeletionByToken,
  cancelOwnDeletion,
  confirmDeletion,
  requestDeletion,
} from "./delete-account.ts";
import { cancelDeletionInput, deletionAnswer, presentDeletion, verifyDeletionInput } from "./schemas.ts";

/** To be forgotten: asked for with a proof, confirmed by mail, cancelled for 30 days by mail or signed in. */
export function deletionRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "DELETE",
    path: "/api/users/account",
    id: "deleteAccount",
    tag: "Account",
    summary: "Ask for one's account to be deleted; a mail asks once more",
    access: { least: "viewer" },
    proof: true,
    whenSuspended: true,
    beforeMfa: true,
    answer: { status: 202, schema: deletionAnswer },
    handle: async ({ actor }) => presentDeletion(await requestDeletion(deps, personIn(actor))),
  });
  http.operation({
    method: "POST",
    path: "/api/gdpr/verify",
    id: "confirmDeletion",
    tag: "Account",
    summary: "Confirm a deletion by the mailed token; it is carried out after 30 days",
    access: { least: "anyone" },
    limit: MAILED_TOKEN,
    body: verifyDeletionInput,
    answer: { status: 200, schema: deletionAnswer },
    handle: async ({ body }) => presentDeletion(await confirmDeletion(deps, body.token)),
  });
  http.operation({
    method: "POST",
    path: "/api/gdpr/cancel",
    id: "cancelDeletion",
    tag: "Account",
    summary: "Keep the account after all: by the mailed token, or signed in",
    access: { least: "anyone" },
    limit: MAILED_TOKEN,
    body: cancelDeletionInput,
    answer: { status: 200, schema: deletionAnswer },
    async handle({ actor, body }) {
      if ("token" in body) return presentDeletion(await cancelDeletionByToken(deps, body.token));
      if (!actor?.userId) throw new Problem(common.unauthenticated);
      return presentDeletion(await cancelOwnDeletion(deps, actor.userId, body.request_id));
    },
  });
}

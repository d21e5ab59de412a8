import { openCursor, personIn, type Http } from "../../../platform/http/index.ts";
import type { AdjustmentType } from "./adjustment.ts";
import { decideAdjustment } from "./decide.ts";
import type { AdjustDeps } from "./deps.ts";
import { readAdjustments } from "./read.ts";
import { requestAdjustment } from "./request.ts";
import * as schemas from "./schemas.ts";

const of = {
  tag: "Operator",
  access: { least: "operator" },
} as const;

/** What operators give and take by hand, and the queue of what needs a second one. */
export function adjustmentRoutes(http: Http, deps: AdjustDeps): void {
  requestRoutes(http, deps);
  decisionRoutes(http, deps, { type: "grant", path: "/api/admin/grants", name: "Grant" });
  decisionRoutes(http, deps, {
    type: "adjustment",
    path: "/api/admin/ledger/adjustments",
    name: "Adjustment",
  });
  http.operation({
    ...of,
    method: "GET",
    path: "/api/admin/ledger/adjustments",
    id: "listAdjustments",
    summary: "Grants and adjustments by hand, newest first",
    query: schemas.adjustmentsInput,
    answer: { status: 200, schema: schemas.adjustmentsAnswer },
    async handle({ query }) {
      const { type = null, state = null, org_id: orgId = null, limit } = query;
      const page = { limit: limit + 1, after: openCursor(query.cursor) };
      return schemas.presentAdjustments(await readAdjustments(deps.db, { type, state, orgId }, page), limit);
    },
  });
}

function requestRoutes(http: Http, deps: AdjustDeps): void {
  const on = { ...of, method: "POST", proof: true, idempotent: true } as const;
  const answer = {
    status: 201,
    schema: schemas.adjustmentAnswer,
    accepted: ({ state }: { state: string }) => state === "pending",
  } as const;
  http.operation({
    ...on,
    path: "/api/admin/grants",
    id: "grantByHand",
    summary: "Give an organization credits or a budget; above the bound once another operator approves",
    body: schemas.grantInput,
    answer,
    async handle({ actor, body, operationId }) {
      const { org_id: orgId, expires_at: expiresAt = null, ...rest } = body;
      const by = { operatorId: personIn(actor), operationId, mode: actor.mode };
      const made = await requestAdjustment(deps, { ...rest, ...by, orgId, expiresAt, type: "grant" });
      return schemas.presentAdjustment(made);
    },
  });
  http.operation({
    ...on,
    path: "/api/admin/ledger/adjustments",
    id: "adjustByHand",
    summary: "Correct an organization's wallet, up or down; above the bound once another operator approves",
    body: schemas.adjustmentInput,
    answer,
    async handle({ actor, body, operationId }) {
      const { org_id: orgId, expires_at: expiresAt = null, ...rest } = body;
      const by = { operatorId: personIn(actor), operationId, mode: actor.mode };
      const made = await requestAdjustment(deps, { ...rest, ...by, orgId, expiresAt, type: "adjustment" });
      return schemas.presentAdjustment(made);
    },
  });
}

function decisionRoutes(
  http: Http,
  deps: AdjustDeps,
  { type, path, name }: { type: AdjustmentType; path: string; name: string },
): void {
  const on = {
    ...of,
    method: "POST",
    proof: true,
    idempotent: true,
    params: schemas.adjustmentParams,
    answer: { status: 200, schema: schemas.adjustmentAnswer },
  } as const;
  http.operation({
    ...on,
    path: `${path}/:id/approve`,
    id: `approve${name}`,
    summary: "Approve, as another operator than the one who asked; it is posted",
    handle: async ({ actor, params: { id } }) =>
      schemas.presentAdjustment(await decideAdjustment(deps, personIn(actor), { id, type }, "posted")),
  });
  http.operation({
    ...on,
    path: `${path}/:id/reject`,
    id: `reject${name}`,
    summary: "Reject, or take one's own request back; nothing is posted",
    handle: async ({ actor, params: { id } }) =>
      schemas.presentAdjustment(await decideAdjustment(deps, personIn(actor), { id, type }, "rejected")),
  });
}

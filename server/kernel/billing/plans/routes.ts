import type { Cache } from "../../../platform/cache/index.ts";
import { personIn, type Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { currentAnswer, presentCurrent } from "../subscriptions/schemas.ts";
import { givePlan } from "../subscriptions/give-plan.ts";
import { asking } from "../subscriptions/company-answer.ts";
import { syncPlans } from "./ensure-price.ts";
import * as schemas from "./schemas.ts";
import { giftInput, giftParams } from "../subscriptions/schemas.ts";

/** What is for sale, and the operators' gifts of it. */
export function planRoutes(http: Http, billing: Billing, cache: Pick<Cache, "get" | "invalidate">): void {
  http.operation({
    method: "GET",
    path: "/api/subscriptions/plans",
    id: "listPlans",
    tag: "Billing",
    summary: "Plans by rank, with their prices and what they include",
    access: { least: "anyone" },
    query: schemas.plansQuery,
    answer: { status: 200, schema: schemas.plansAnswer },
    handle: async ({ query }) => ({
      providers: billing.deps.paypal ? ["stripe" as const, "paypal" as const] : ["stripe" as const],
      ...schemas.presentPlans(billing.deps.plans, query),
    }),
  });
  http.operation({
    method: "POST",
    path: "/api/admin/plans/sync",
    id: "syncPlans",
    tag: "Operator",
    summary: "Makes what the plans lack at the companies: products, prices and plans; edits no amount",
    access: { least: "operator" },
    limit: { name: "operator_plans", perMinute: 10 },
    body: schemas.syncInput,
    answer: { status: 200, schema: schemas.syncAnswer },
    handle: async ({ body }) => ({ data: await asking(() => syncPlans(billing.deps, body.dry_run)) }),
  });
  http.operation({
    method: "PUT",
    path: "/api/admin/users/:id/plan",
    id: "setPersonPlan",
    tag: "Operator",
    summary:
      "Give an organization of the person's a plan for some months, at no charge; the free plan takes it back",
    access: { least: "operator" },
    limit: { name: "operator_people", perMinute: 30 },
    proof: true,
    params: giftParams,
    body: giftInput,
    answer: { status: 200, schema: currentAnswer },
    async handle({ actor, params, body, operationId }) {
      const org = await givePlan(billing.deps, cache, {
        operatorId: personIn(actor),
        userId: params.id,
        planKey: body.plan,
        months: body.months ?? null,
        reason: body.reason,
        orgId: body.org_id ?? null,
        operationId: `sub_${operationId.slice(4)}`,
      });
      return presentCurrent(await billing.current(org, billing.deps.stripe.mode));
    },
  });
}

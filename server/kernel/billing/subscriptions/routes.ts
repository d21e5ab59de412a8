import type { Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { changeRoutes } from "./changes/change-routes.ts";
import * as schemas from "./schemas.ts";

const TAG = "Billing";

/** The organization's subscription. */
export function subscriptionRoutes(http: Http, billing: Billing): void {
  changeRoutes(http, billing);
  http.operation({
    method: "GET",
    path: "/api/subscriptions/current",
    id: "getSubscription",
    tag: TAG,
    summary: "The plan that counts now, and how its subscription stands",
    access: { least: "viewer", scope: "payments.read" },
    whenSuspended: true,
    answer: { status: 200, schema: schemas.currentAnswer },
    handle: async ({ actor }) => schemas.presentCurrent(await billing.current(actor.orgId, actor.mode)),
  });
  http.operation({
    method: "GET",
    path: "/api/subscriptions/usage",
    id: "getPlanUsage",
    tag: TAG,
    summary: "The month that runs: credits granted, used and about to end, and limits",
    access: { least: "viewer", scope: "payments.read" },
    whenSuspended: true,
    answer: { status: 200, schema: schemas.usageAnswer },
    handle: async ({ actor }) => schemas.presentUsage(await billing.usage(actor.orgId, actor.mode)),
  });
}

import type { Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import * as schemas from "./schemas.ts";
import { changeTopup, readTopup } from "./settings.ts";

const path = "/api/credits/auto-topup";

/** Credits that are bought by themselves when few are left. */
export function topupRoutes(http: Http, { deps }: Billing): void {
  http.operation({
    method: "GET",
    path,
    id: "getAutoTopup",
    tag: "Billing",
    summary: "When credits are bought by themselves, and how that stands",
    access: { least: "owner", permission: "billing.view", scope: "payments.read" },
    whenSuspended: true,
    answer: { status: 200, schema: schemas.topupAnswer },
    handle: async ({ actor }) => schemas.presentTopup(await readTopup(deps, actor.orgId, actor.mode)),
  });
  http.operation({
    method: "PUT",
    path,
    id: "changeAutoTopup",
    tag: "Billing",
    summary: "Buys credits by itself under a threshold, up to a sum each month; or no more",
    access: { least: "owner", permission: "billing.manage" },
    whenSuspended: true,
    limit: { name: "auto_topup", perMinute: 10, kind: "payment" },
    body: schemas.topupInput,
    answer: { status: 200, schema: schemas.topupAnswer },
    async handle({ actor, body }) {
      const state = await changeTopup(deps, {
        orgId: actor.orgId,
        actorId: actor.userId ?? actor.credentialId,
        mode: actor.mode,
        enabled: body.enabled,
        thresholdMicros: body.threshold_micros,
        amountMinor: body.amount_minor,
        monthlyCapMinor: body.monthly_cap_minor,
        methodId: body.payment_method_id,
      });
      return schemas.presentTopup(state);
    },
  });
}

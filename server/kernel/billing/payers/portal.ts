import { withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { Mode } from "../../ledger/index.ts";
import type { BillingDeps } from "../deps.ts";
import { ownUrl } from "../own-url.ts";
import { asking } from "../subscriptions/company-answer.ts";
import { findLive } from "../subscriptions/store.ts";
import { withCustomer } from "./ensure-customer.ts";

/**
 * Where the organization looks after what it pays: the company's own portal, good for an hour. PayPal has none: whoever pays
 * by it is sent to our billing screen.
 */
export async function openPortal(
  deps: BillingDeps,
  input: { orgId: OrgId; mode: Mode; returnUrl?: string | undefined; operationId: Id<"idk"> },
): Promise<string> {
  const returnUrl = ownUrl(deps.baseUrl, input.returnUrl, "/return_url", "/billing");
  if (input.mode !== deps.stripe.mode)
    throw new Problem(common.forbidden, { detail: "No account of this mode" });
  const live = await withTx(deps.db, input.orgId, (tx) => findLive(tx, input.orgId, input.mode));
  if (live?.provider === "paypal") return new URL("/billing", deps.baseUrl).href;
  return asking(() =>
    withCustomer(deps, input.orgId, { id: input.operationId, attempt: 1 }, (id, mark) =>
      deps.stripe.createPortalSession(id, returnUrl, `${input.operationId}:portal${mark}`),
    ),
  );
}

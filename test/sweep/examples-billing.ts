/** Calls of plans, subscriptions, invoices. */
import { newId } from "../../server/platform/ids.ts";
import type { Example } from "./examples.ts";
import { once, ownOrganization } from "./rows.ts";

/** An invoice of the first organization, as a company made it. */
const anInvoice = once(async (app) => {
  const id = newId("inv");
  await app.sql(
    `insert into billing.invoices (org_id, id, mode, account_id, provider, provider_invoice_id, subscription_id, number,
       status, reason, description, currency, subtotal_minor, tax_minor, total_minor, due_minor, paid_minor, attempts, lines,
       created_at, paid_at, as_of)
     values ($1, $2, 'test', 'acct_default', 'stripe', $2, $3, 'SWEEP-1', 'paid', 'cycle', 'Pro', 'usd', 2900, 0, 2900, 2900,
       2900, 1, '[]', now(), now(), now())`,
    [await ownOrganization(app), id, newId("sub")],
  );
  return id;
});
const invoice: Example = { given: async (app) => ({ params: { id: await anInvoice(app) } }) };
const wanted = { plan_key: "pro", interval: "month" };
const order: Example = {
  given: () => ({ body: { ...wanted, preview_id: newId("prv") } }),
  status: 404,
  bodyNamesRow: true,
};

export const billingExamples: Record<string, Example> = {
  listPlans: {},
  listPlanVersions: {},
  listAllPayments: {},
  syncPlans: { given: () => ({ body: { dry_run: true } }) },
  getSubscription: {},
  getPlanUsage: {},
  subscribe: { given: () => ({ body: wanted }) },
  previewPlanChange: { given: () => ({ body: wanted }), status: 409 },
  upgradePlan: order,
  downgradePlan: order,
  // Closes the checkout that `subscribe` opened.
  cancelSubscription: { given: () => ({ body: {} }) },
  reactivateSubscription: { status: 409 },
  listInvoices: {},
  getInvoice: invoice,
  getInvoicePdf: invoice,
};

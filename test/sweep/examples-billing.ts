/** Calls of plans, subscriptions, invoices. */
import type { TestApp } from "../harness/app.ts";
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
/** A card of the first organization, at the company and here. */
async function aCard(app: TestApp): Promise<string> {
  const { base_url, api_key } = app.credentials.stripe;
  const { body: payer } = await app.owner.call("PUT", "/api/billing/customer", { body: { name: "Ada Ltd" } });
  const customer = String(payer.provider_customer_id);
  const attached = await fetch(`${base_url}/v1/payment_methods/pm_card_visa/attach`, {
    method: "POST",
    body: new URLSearchParams({ customer }),
    headers: { authorization: `Bearer ${api_key}` },
  });
  const card = (await attached.json()) as { id: string };
  // Its event brings it as well, before or after.
  await app.sql(
    `insert into billing.payment_methods (org_id, id, mode, account_id, provider, provider_method_id, provider_customer_id,
       kind, brand, last4, exp_month, exp_year, created_at)
     values ($1, $2, 'test', 'acct_default', 'stripe', $3, $4, 'card', 'visa', '4242', 12, 2034, now())
     on conflict (org_id, account_id, provider_method_id) do nothing`,
    [await ownOrganization(app), newId("pym"), card.id, customer],
  );
  const [row] = await app.sql<{ id: string }>(
    "select id from billing.payment_methods where provider_method_id = $1",
    [card.id],
  );
  return row?.id ?? "";
}
const [toChoose, toRemove, toPayBy] = [once(aCard), once(aCard), once(aCard)];
/** A payment that was begun and waits for a method; a new one each time. */
async function aPayment({ sql }: TestApp): Promise<string> {
  const id = newId("pay");
  await sql(
    `with p as (
       insert into billing.payments (org_id, id, mode, account_id, provider, purpose, pack_key, amount_minor, currency,
         credits_micros, status, operation_id, success_url, cancel_url, as_of, created_by, created_at)
       select org_id, $1, 'test', 'acct_default', 'stripe', 'credits', 'starter', 1000, 'usd', 1, 'creating', $1, '', '',
         now(), 'sweep', now()
       from tenancy.organizations order by org_id limit 1 returning org_id, id)
     insert into billing.intents (org_id, payment_id, off_session, acted_at) select org_id, id, false, now() from p`,
    [id],
  );
  return id;
}
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
  getBillingCustomer: {},
  exportPayerData: {},
  changeBillingCustomer: { given: () => ({ body: { name: "Ada Ltd", email: "bills@example.com" } }) },
  openBillingPortal: { given: () => ({ body: {} }) },
  listPaymentMethods: {},
  setUpPaymentMethod: { given: () => ({ body: {} }) },
  choosePaymentMethod: { given: async (app) => ({ params: { id: await toChoose(app) } }) },
  removePaymentMethod: { given: async (app) => ({ params: { id: await toRemove(app) } }) },
  getAutoTopup: {},
  changeAutoTopup: {
    given: async (app) => ({
      body: {
        enabled: false,
        threshold_micros: 1_000_000,
        amount_minor: 1000,
        monthly_cap_minor: 5000,
        payment_method_id: await toPayBy(app),
      },
    }),
  },
  startPaymentIntent: { given: () => ({ body: { purpose: "credits", reference: "starter" } }) },
  confirmPaymentIntent: {
    given: async (app) => ({
      params: { id: await aPayment(app) },
      body: { payment_method_id: await toPayBy(app) },
    }),
  },
  cancelPaymentIntent: { given: async (app) => ({ params: { id: await aPayment(app) } }) },
  listInvoices: {},
  getInvoice: invoice,
  getInvoicePdf: invoice,
};

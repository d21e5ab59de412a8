/** Which of Stripe's parameters the sandbox reads, against the published ones. */
import { describe, expect, it } from "vitest";
import { OPERATIONS } from "./operations.ts";
import type { Field, ParamShape } from "./protocol/params.ts";
import { resolve, schemaFile, type Schema, type SchemaFile } from "./specs.ts";

const RESOURCES: Readonly<Record<string, string>> = {
  balance: "Balance",
  balance_transactions: "BalanceTransaction",
  charges: "Charge",
  "checkout/sessions": "Checkout.Session",
  "billing_portal/sessions": "BillingPortal.Session",
  coupons: "Coupon",
  customers: "Customer",
  disputes: "Dispute",
  invoice_payments: "InvoicePayment",
  invoices: "Invoice",
  payment_intents: "PaymentIntent",
  payment_methods: "PaymentMethod",
  payouts: "Payout",
  prices: "Price",
  products: "Product",
  promotion_codes: "PromotionCode",
  refunds: "Refund",
  setup_intents: "SetupIntent",
  subscription_items: "SubscriptionItem",
  subscriptions: "Subscription",
  "test_helpers/test_clocks": "TestHelpers.TestClock",
  webhook_endpoints: "WebhookEndpoint",
};

/** Operations whose names do not follow from their paths. */
const VERBS: Readonly<Record<string, string>> = {
  "GET Balance ": "Retrieve",
  "POST Invoice create_preview": "CreatePreview",
  "GET Customer payment_methods": "ListPaymentMethods",
  "POST Invoice finalize": "FinalizeInvoice",
  "POST Invoice mark_uncollectible": "MarkUncollectible",
  "POST Invoice void": "VoidInvoice",
  "GET Invoice lines": "ListLineItems",
  "DELETE Subscription ": "Cancel",
};

/** `CustomerCreateParams` for `POST /v1/customers`; null where none is published (events). */
function rootName(method: string, path: string): string | null {
  const alone = path.replace("/v1/", "").replace("invoices/create_preview", "invoices/{id}/create_preview");
  const parts = alone.split("/{id}");
  const resource = RESOURCES[parts[0] ?? ""];
  if (resource === undefined) return null;
  const act = (parts[1] ?? "").replace("/", "");
  const special = VERBS[`${method} ${resource} ${act}`];
  if (special !== undefined) return `${resource}${special}Params`;
  const plain = parts.length === 1;
  const verb =
    act === "line_items"
      ? "ListLineItems"
      : act !== ""
        ? act[0]?.toUpperCase() + act.slice(1)
        : { GET: plain ? "List" : "Retrieve", POST: plain ? "Create" : "Update", DELETE: "Delete" }[method];
  return `${resource}${verb}Params`;
}

type Names = { unbuilt: string[]; foreign: string[] };

function compare(file: SchemaFile, shape: ParamShape, schema: Schema, prefix: string, into: Names): void {
  const published = resolve(file, schema).properties ?? {};
  for (const name of Object.keys(published)) {
    const full = prefix + name;
    if (full === "expand") continue;
    const field = shape[name];
    if (field === undefined) into.unbuilt.push(full);
    else inner(file, field, published[name] ?? {}, full, into);
  }
  for (const name of Object.keys(shape)) if (!(name in published)) into.foreign.push(prefix + name);
}

function inner(file: SchemaFile, field: Field<unknown>, schema: Schema, name: string, into: Names): void {
  const item = resolve(file, schema).items;
  if (field.item !== undefined && item !== undefined) return inner(file, field.item, item, name, into);
  if (field.shape !== undefined) compare(file, field.shape, schema, `${name}.`, into);
}

describe.skipIf(schemaFile === null)("parameters against schema.stripe-node-23.1.0.json", () => {
  const unbuilt: Record<string, string> = {};
  const foreign: string[] = [];
  const unknown: string[] = [];
  if (schemaFile !== null) {
    for (const { method, path, shape } of OPERATIONS) {
      const name = rootName(method, path);
      if (name === null) continue;
      const schema = schemaFile.roots[name];
      if (schema === undefined) unknown.push(name);
      const into: Names = { unbuilt: [], foreign: [] };
      compare(schemaFile, shape, schema ?? {}, "", into);
      if (into.unbuilt.length > 0) unbuilt[`${method} ${path}`] = into.unbuilt.toSorted().join(" ");
      foreign.push(...into.foreign.map((param) => `${name}.${param}`));
    }
  }

  it("reads no parameter that Stripe does not have", () => {
    expect(unknown).toEqual([]);
    expect(foreign).toEqual([]);
  });

  it("knows by name every parameter it refuses as not built", async () => {
    const sorted = Object.fromEntries(Object.entries(unbuilt).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    await expect(`${JSON.stringify(sorted, null, 2)}\n`).toMatchFileSnapshot("./unbuilt.json");
  });
});

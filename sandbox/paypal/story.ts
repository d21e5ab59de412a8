/** One use of everything, for the tests that compare what was said with what is published. */
import type { Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";
import { pay, usd, type Json, type PayPalWorld } from "./harness.ts";

const full = { prefer: "return=representation" };
const context = { return_url: "http://127.0.0.1:1/done", cancel_url: "http://127.0.0.1:1/back" };
const id = ({ body }: { body: Json }): string => String(body["id"]);

/** Each operation at least once, with full and with bare input. */
export async function useEverything(sandbox: Sandbox, world: PayPalWorld): Promise<void> {
  await usePayments(world);
  await useSubscriptions(sandbox, world);
  await useVault(world);
  await useRest(sandbox, world);
}

async function usePayments(world: PayPalWorld): Promise<void> {
  const { call, approve, advance } = world;
  const unit = {
    reference_id: "u1",
    amount: { ...usd("20.00"), breakdown: { item_total: usd("18.00"), tax_total: usd("2.00") } },
    items: [{ name: "Credits", unit_amount: usd("9.00"), quantity: "2" }],
    description: "Credits",
    custom_id: "pay_1",
    invoice_id: "inv-1",
  };
  const body = { intent: "CAPTURE", purchase_units: [unit], application_context: context };
  const order = id(await call("POST", "/v2/checkout/orders", body, full));
  await call("POST", "/v2/checkout/orders", body);
  await call("GET", `/v2/checkout/orders/${order}`);
  await call("POST", `/v2/checkout/orders/${order}/capture`);
  await call("PATCH", `/v2/checkout/orders/${order}`, [
    { op: "replace", path: "/purchase_units/@reference_id=='u1'/custom_id", value: "pay_2" },
  ]);
  await approve(order);
  await call("POST", `/v2/checkout/orders/${order}/capture`, {}, { ...full, "paypal-request-id": "c" });
  await call("POST", `/v2/checkout/orders/${order}/capture`, {}, { "paypal-request-id": "c" });
  for (const buyer of ["pending@sandbox.test", "denied@sandbox.test"]) await pay(world, "7.00", buyer);
  const declined = id(
    await call("POST", "/v2/checkout/orders", {
      intent: "CAPTURE",
      purchase_units: [{ amount: usd("1.00") }],
    }),
  );
  await approve(declined, "declined@sandbox.test");
  await call("POST", `/v2/checkout/orders/${declined}/capture`);
  const capture = `/v2/payments/captures/${String((await pay(world, "20.00"))["id"])}`;
  await call("GET", capture);
  await call(
    "POST",
    `${capture}/refund`,
    { amount: usd("5.00"), custom_id: "r1", invoice_id: "i1", note_to_payer: "n" },
    full,
  );
  const refund = id(await call("POST", `${capture}/refund`, {}));
  await call("POST", `${capture}/refund`, {});
  await call("GET", `/v2/payments/refunds/${refund}`);
  await call("GET", capture);
  for (const last of ["void", "capture", "reauthorize"]) {
    const made = id(
      await call("POST", "/v2/checkout/orders", {
        intent: "AUTHORIZE",
        purchase_units: [{ amount: usd("9.00") }],
      }),
    );
    await approve(made);
    const done = await call("POST", `/v2/checkout/orders/${made}/authorize`, {}, full);
    const [first] = done.body["purchase_units"] as { payments: { authorizations: Json[] } }[];
    const path = `/v2/payments/authorizations/${String(first?.payments.authorizations[0]?.["id"])}`;
    await call("GET", path);
    if (last === "reauthorize") await advance("4d");
    await call("POST", `${path}/${last}`, last === "void" ? undefined : {}, full);
    await call("GET", `/v2/checkout/orders/${made}`);
  }
  await call("GET", "/v2/checkout/orders/NONE");
  await call("POST", "/v2/checkout/orders", { intent: "CAPTURE" });
  await call("GET", "/v2/checkout/orders/NONE", undefined, { authorization: "Bearer nobody" });
}

async function useSubscriptions(sandbox: Sandbox, world: PayPalWorld): Promise<void> {
  const { call, agree, advance } = world;
  const product = id(
    await call("POST", "/v1/catalogs/products", { name: "Pro", type: "SERVICE", description: "d" }, full),
  );
  await call("POST", "/v1/catalogs/products", { name: "Pro", type: "DIGITAL" });
  await call("GET", "/v1/catalogs/products?total_required=true");
  await call("GET", `/v1/catalogs/products/${product}`);
  await call("PATCH", `/v1/catalogs/products/${product}`, [
    { op: "replace", path: "/description", value: "e" },
  ]);
  const cycles = [
    {
      frequency: { interval_unit: "DAY", interval_count: 14 },
      tenure_type: "TRIAL",
      sequence: 1,
      total_cycles: 1,
    },
    {
      frequency: { interval_unit: "MONTH", interval_count: 1 },
      tenure_type: "REGULAR",
      sequence: 2,
      total_cycles: 0,
      pricing_scheme: { fixed_price: usd("10.00") },
    },
  ];
  const wanted = {
    product_id: product,
    name: "Pro",
    description: "d",
    billing_cycles: cycles,
    payment_preferences: { payment_failure_threshold: 3, setup_fee: usd("1.00") },
    taxes: { percentage: "19", inclusive: true },
    quantity_supported: true,
  };
  const plan = id(await call("POST", "/v1/billing/plans", wanted, full));
  const other = id(await call("POST", "/v1/billing/plans", wanted));
  await call("GET", `/v1/billing/plans?product_id=${product}&total_required=true`);
  await call("GET", `/v1/billing/plans/${plan}`);
  await call("PATCH", `/v1/billing/plans/${plan}`, [{ op: "replace", path: "/name", value: "Pro 2" }]);
  await call("POST", `/v1/billing/plans/${plan}/deactivate`);
  await call("POST", `/v1/billing/plans/${plan}/deactivate`);
  await call("POST", `/v1/billing/plans/${plan}/activate`);
  const input = { plan_id: plan, custom_id: "s1", quantity: "2", application_context: context };
  const made = await call("POST", "/v1/billing/subscriptions", input, full);
  await call("POST", "/v1/billing/subscriptions", input);
  const path = `/v1/billing/subscriptions/${id(made)}`;
  await call("GET", path);
  await agree(made.body, "failing@sandbox.test");
  await call("GET", path);
  await call("PATCH", path, [{ op: "replace", path: "/custom_id", value: "s2" }]);
  await agree((await call("POST", `${path}/revise`, { plan_id: other })).body);
  await call("POST", `${path}/suspend`, { reason: "Pause" });
  await call("GET", path);
  await call("POST", `${path}/activate`, { reason: "On" });
  await advance("15d");
  await call("GET", path);
  const capture = { note: "n", capture_type: "OUTSTANDING_BALANCE", amount: usd("20.00") };
  await controlOf(sandbox)("POST", `/paypal/buyers?world=${world.name}`, {
    email: "failing@sandbox.test",
    renewals: "pay",
  });
  await call("POST", `${path}/capture`, capture, { "paypal-request-id": "o" });
  await call("POST", `${path}/capture`, capture, { "paypal-request-id": "o" });
  await call("GET", `${path}/transactions?start_time=2026-01-01T00:00:00Z&end_time=2027-12-31T00:00:00Z`);
  await call("POST", `${path}/cancel`, { reason: "Enough" });
  await call("POST", `${path}/cancel`, { reason: "Enough" });
  await call("GET", path);
  await call("GET", "/v1/billing/subscriptions/I-NONE");
}

async function useVault(world: PayPalWorld): Promise<void> {
  const { call, agree } = world;
  const source = { paypal: { usage_type: "MERCHANT", experience_context: context } };
  const setup = await call("POST", "/v3/vault/setup-tokens", {
    customer: { id: "org_1" },
    payment_source: source,
  });
  await agree(setup.body);
  await call("GET", `/v3/vault/setup-tokens/${id(setup)}`);
  const token = await call("POST", "/v3/vault/payment-tokens", {
    payment_source: { token: { id: id(setup), type: "SETUP_TOKEN" } },
  });
  await call("GET", `/v3/vault/payment-tokens/${id(token)}`);
  await call("GET", "/v3/vault/payment-tokens?customer_id=org_1");
  const order = {
    intent: "CAPTURE",
    purchase_units: [{ amount: usd("3.00") }],
    payment_source: { paypal: { vault_id: id(token) } },
  };
  await call("POST", "/v2/checkout/orders", order, { ...full, "paypal-request-id": "v" });
  await call("DELETE", `/v3/vault/payment-tokens/${id(token)}`);
}

async function useRest(sandbox: Sandbox, world: PayPalWorld): Promise<void> {
  const { call } = world;
  const there = (what: string, body: Json) =>
    controlOf(sandbox)<Json>("POST", `/paypal/${what}?world=${world.name}`, body);
  for (const act of ["provide-evidence", "accept-claim", "escalate", "adjudicate"]) {
    const captureId = (await pay(world, "4.00", undefined, { custom_id: "pay_3" }))["id"];
    const stage = act === "escalate" ? "INQUIRY" : "CHARGEBACK";
    const made = await there("disputes", { capture_id: captureId, stage });
    const path = `/v1/customer/disputes/${String(made.body["dispute_id"])}`;
    await call("GET", path);
    const body =
      act === "provide-evidence"
        ? { evidences: [{ evidence_type: "OTHER", notes: "n" }] }
        : act === "adjudicate"
          ? { adjudication_outcome: "BUYER_FAVOR" }
          : { note: "n" };
    await call("POST", `${path}/${act}`, body);
    await call("GET", path);
  }
  await call("GET", "/v1/customer/disputes");
  const hooks = "/v1/notifications/webhooks";
  const hook = await call("POST", hooks, {
    url: "http://127.0.0.1:9/x",
    event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }],
  });
  await call("GET", hooks);
  await call("GET", `${hooks}/${id(hook)}`);
  await call("GET", `${hooks}/${id(hook)}/event-types`);
  await call("GET", "/v1/notifications/webhooks-event-types");
  await call("PATCH", `${hooks}/${id(hook)}`, [
    { op: "replace", path: "/url", value: "http://127.0.0.1:9/y" },
  ]);
  await call("DELETE", `${hooks}/${id(hook)}`);
  const events = await call("GET", "/v1/notifications/webhooks-events?page_size=2");
  const [event] = events.body["events"] as Json[];
  await call("GET", `/v1/notifications/webhooks-events/${String(event?.["id"])}`);
  await call("POST", `/v1/notifications/webhooks-events/${String(event?.["id"])}/resend`, {});
  await call("POST", "/v1/notifications/simulate-event", {
    webhook_id: world.paypal.webhook_id,
    event_type: "PAYMENT.CAPTURE.COMPLETED",
  });
  await call("POST", "/v1/notifications/verify-webhook-signature", {
    auth_algo: "SHA256withRSA",
    cert_url: "https://127.0.0.1/v1/notifications/certs/CERT-1",
    transmission_id: "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
    transmission_sig: "lmI95Jx3Y9nhR5SJWlHVIWpg4AgFk7n9bCHSRxbrd8A9zrhdu2rMyFrmz",
    transmission_time: "2026-11-02T09:00:00Z",
    webhook_id: world.paypal.webhook_id,
    webhook_event: event,
  });
  const range = "start_date=2026-11-01T00:00:00Z&end_date=2026-11-30T00:00:00Z";
  await call("GET", `/v1/reporting/transactions?${range}`);
  await call("GET", "/v1/reporting/balances");
}

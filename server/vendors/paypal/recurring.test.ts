import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../../../sandbox/main.ts";
import { readSpec } from "../../../sandbox/paypal/specs.ts";
import { createMetrics } from "../../platform/telemetry/index.ts";
import { createPaypal, type PaypalApi, type PaypalSubscription } from "./index.ts";
import { payments, plan, subscription } from "./read-recurring.ts";

let sandbox: Sandbox;
let paypal: PaypalApi;
let plans: { cheap: string; dear: string; trial: string };

beforeAll(async () => {
  sandbox = await startSandbox();
  const { paypal: client } = (await control("POST", "/worlds", { name: "default" })) as {
    paypal: { client_id: string; client_secret: string; base_url: string };
  };
  paypal = createPaypal({
    baseUrl: client.base_url,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    metrics: createMetrics("test"),
    pausesMs: [1, 1],
  });
  await paypal.ensureProduct({ id: "holdfast_plans", name: "Plans" });
  const make = async (amountMinor: bigint, trialDays: number | null) => {
    const input = { productId: "holdfast_plans", name: "Pro", amountMinor, currency: "usd", maxFailures: 3 };
    const requestId = `plan:${amountMinor}:${trialDays}`;
    return (await paypal.createPlan({ ...input, period: "month", trialDays, requestId })).id;
  };
  plans = { cheap: await make(1_000n, null), dear: await make(3_000n, null), trial: await make(1_000n, 14) };
});
afterAll(async () => {
  await paypal.close();
  await sandbox.close();
});
afterEach(() => control("DELETE", "/faults"));

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}),
  });
  return answer.json().catch(() => null);
}
const urls = { returnUrl: "http://127.0.0.1/back", cancelUrl: "http://127.0.0.1/" };
let keys = 0;
const create = (planId: string, quantity = 1, requestId = `key:${(keys += 1)}`) =>
  paypal.createSubscription({ holdfastId: `sub_${requestId}`, planId, quantity, requestId, ...urls });
async function agree(url: string | null, buyer = "approve@sandbox.test"): Promise<void> {
  const body = new URLSearchParams({ buyer });
  const answer = await fetch(url ?? "", { method: "POST", body, headers: { accept: "application/json" } });
  expect(answer.status).toBe(200);
}
async function begun(planId: string, quantity = 1): Promise<PaypalSubscription> {
  const made = await create(planId, quantity);
  await agree(made.approveUrl);
  return paypal.getSubscription(made.id);
}
const paid = (id: string) =>
  paypal.listPayments(id, { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 60_000) });
const code = async (act: Promise<unknown>) =>
  act.then(
    () => null,
    (error: { code?: unknown }) => error.code,
  );

test("a product of ours is made once", async () => {
  const again = (name: string) => code(paypal.ensureProduct({ id: "holdfast_plans", name }));
  expect([await again("Plans"), await again("Another name")]).toEqual([null, null]);
});

test("a plan says what it costs", async () => {
  expect(await paypal.getPlan(plans.trial)).toEqual({
    id: plans.trial,
    price: { amountMinor: 1_000n, currency: "usd", period: "month" },
  });
});

test("made under one key it is one subscription; agreed to, it has paid, and says when it pays next", async () => {
  const made = await create(plans.cheap, 2, "once");
  expect(made).toMatchObject({
    status: "APPROVAL_PENDING",
    customId: "sub_once",
    quantity: 2,
    payerId: null,
  });
  expect((await create(plans.cheap, 2, "once")).id).toBe(made.id);
  expect(await paid(made.id)).toEqual([]);
  await agree(made.approveUrl);
  const found = await paypal.getSubscription(made.id);
  expect(found).toMatchObject({
    status: "ACTIVE",
    planId: plans.cheap,
    inTrial: false,
    failedPayments: 0,
    outstanding: null,
    approveUrl: null,
  });
  expect(found.payerId).not.toBeNull();
  expect(found.nextBillingAt?.getTime()).toBeGreaterThan(Date.now() + 27 * 86_400_000);
  expect(await paid(made.id)).toMatchObject([{ status: "COMPLETED", amountMinor: 2_000n, feeMinor: 119n }]);
});

test("in its trial it has paid nothing", async () => {
  const found = await begun(plans.trial);
  expect(found).toMatchObject({ status: "ACTIVE", inTrial: true });
  expect(await paid(found.id)).toEqual([]);
});

test("suspended, gone on, cancelled; what is so already is refused by name", async () => {
  const { id } = await begun(plans.cheap);
  await paypal.suspendSubscription(id, "Ends with its period");
  expect(await paypal.getSubscription(id)).toMatchObject({ status: "SUSPENDED", nextBillingAt: null });
  expect(await code(paypal.suspendSubscription(id, "Again"))).toBe("SUBSCRIPTION_STATUS_INVALID");
  await paypal.activateSubscription(id, "Goes on");
  await paypal.cancelSubscription(id, "Over");
  expect((await paypal.getSubscription(id)).status).toBe("CANCELLED");
  expect(await code(paypal.cancelSubscription(id, "Again"))).toBe("SUBSCRIPTION_STATUS_INVALID");
});

test("a dearer plan waits for its buyer, and is shown once they agree; less of the same is taken at once", async () => {
  const { id } = await begun(plans.cheap, 2);
  const dearer = await paypal.reviseSubscription(id, { planId: plans.dear, quantity: 2, ...urls });
  expect((await paypal.getSubscription(id)).planId).toBe(plans.cheap);
  await agree(dearer.approveUrl);
  expect(await paypal.getSubscription(id)).toMatchObject({ planId: plans.dear, quantity: 2 });
  expect(await paid(id)).toHaveLength(1);
  const other = await begun(plans.cheap, 2);
  const less = await paypal.reviseSubscription(other.id, { planId: plans.cheap, quantity: 1, ...urls });
  expect(less.approveUrl).toBeNull();
  expect(await paypal.getSubscription(other.id)).toMatchObject({ planId: plans.cheap, quantity: 1 });
});

test("nothing is owed by who has paid", async () => {
  const { id } = await begun(plans.cheap);
  const amount = { amountMinor: 1_000n, currency: "usd" };
  const taken = paypal.captureOutstanding(id, { amount, note: "What is owed", requestId: "owed" });
  expect(await code(taken)).toBe("ZERO_OUTSTANDING_BALANCE");
});

test("pages of payments are followed under our own address", async () => {
  const { id } = await begun(plans.cheap);
  const listed = await paid(id);
  await control("POST", "/faults", {
    company: "paypal",
    match: { method: "GET", path: "*/transactions*" },
    fault: "reset",
    times: 2,
  });
  expect(await paid(id)).toEqual(listed);
});

test("an answer that says too little is unreadable; a plan of another sort has no price of ours", () => {
  expect(subscription.safeParse({ id: "I-1", status: "NEW", plan_id: "P-1" }).success).toBe(false);
  expect(payments.safeParse({ transactions: [{ id: "X", status: "COMPLETED" }] }).success).toBe(false);
  const cycle = (unit: string, count: number) => ({
    id: "P-1",
    billing_cycles: [
      {
        tenure_type: "REGULAR",
        frequency: { interval_unit: unit, interval_count: count },
        pricing_scheme: { fixed_price: { currency_code: "USD", value: "10.00" } },
      },
    ],
  });
  expect(plan.parse(cycle("YEAR", 1)).price).toMatchObject({ period: "year" });
  expect([plan.parse(cycle("WEEK", 1)).price, plan.parse(cycle("MONTH", 3)).price]).toEqual([null, null]);
});

type Schemas = {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: object }> } }>>;
  components: { requestBodies?: Record<string, { content: Record<string, { schema: object }> }> };
};
const FILES = ["billing_subscriptions_v1", "catalogs_products_v1"] as const;
const documents = FILES.map((name) => ({ name, document: readSpec(`${name}.json`) as Schemas | null }));

test.skipIf(documents.some(({ document }) => document === null))(
  "every request has the shape that PayPal publishes",
  async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, unicodeRegExp: false });
    addFormats.default(ajv);
    for (const [, name] of JSON.stringify(documents).matchAll(
      /"format":"((?:ppaas|merchant|payer)_[a-z0-9_]+)"/g,
    ))
      ajv.addFormat(name ?? "", true);
    for (const { name, document } of documents) ajv.addSchema({ components: document?.components }, name);
    const { data } = (await control("GET", "/recordings?world=default&limit=10000")) as {
      data: { method: string; path: string; status: number; request: { body: string } }[];
    };
    const checked = new Set<string>();
    const faults: string[] = [];
    for (const { method, path, status, request } of data) {
      if (method !== "POST" || status >= 400 || request.body === "") continue;
      const bare = path.replace(/^\/paypal/, "").replace(/\/I-[A-Z0-9]+/, "/{id}");
      for (const { name, document } of documents) {
        const body = document?.paths[bare]?.post?.requestBody as
          | { $ref?: string; content?: Record<string, { schema: object }> }
          | undefined;
        const media = body?.$ref
          ? document?.components.requestBodies?.[body.$ref.split("/").at(-1) ?? ""]
          : body;
        const schema = media?.content?.["application/json"]?.schema;
        if (!schema) continue;
        checked.add(bare);
        const text = JSON.stringify(schema).replaceAll('"#/components/', `"${name}#/components/`);
        const validate = ajv.compile(JSON.parse(text) as object);
        validate(JSON.parse(request.body));
        faults.push(
          ...(validate.errors ?? []).map((error) => `${bare}${error.instancePath} ${error.message}`),
        );
      }
    }
    expect([...new Set(faults)]).toEqual([]);
    expect([...checked].toSorted()).toEqual([
      "/v1/billing/plans",
      "/v1/billing/subscriptions",
      "/v1/billing/subscriptions/{id}/activate",
      "/v1/billing/subscriptions/{id}/cancel",
      "/v1/billing/subscriptions/{id}/revise",
      "/v1/billing/subscriptions/{id}/suspend",
      "/v1/catalogs/products",
    ]);
  },
);

/** Refunds never exceed the payment, whoever asks at once; a lost answer is found, not repeated. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { addMember, OWNER } from "../../../../test/harness/people.ts";
import { planDeps } from "../../../../test/harness/plans.ts";
import { offsetClock } from "../../../platform/clock.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { applyBatch } from "../../ledger/index.ts";
import { createBilling, readPacks } from "../index.ts";

const HOUR_MS = 3_600_000;
const CREDITS = 1_000_000_000;
/** Of one call of the server: three, each of which the SDK repeats once on a connection that was closed. */
const TRIES = 6;
let t: TestApp;
let db: Db;
let hub: TestHub;

beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { SECOND_APPROVAL_MAJOR_UNITS: "9" } });
  db = createDb({ url: t.database.url, max: 20 });
  hub = startHub(db, t.database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await t.close();
});
afterEach(() => createBuyer(t).calm());

/** An organization of its own that has paid, so that no test counts another's refunds. */
async function paid(): Promise<{ buyer: Buyer; who: Client; id: string; row: Json }> {
  const who = await newcomer();
  const buyer = createBuyer(t, who);
  const { payment_id: id, url } = await buyer.buy();
  await buyer.pay(url);
  return { buyer, who, id, row: await buyer.until(id, { status: "succeeded", fee_minor: 59 }) };
}
async function newcomer(): Promise<Client> {
  const email = `${newId("usr")}@buyers.example`;
  const org = newId("org");
  await addMember(t.sql, { email, role: "viewer" });
  await t.sql(
    `with person as (select id from identity.users where email = $1),
     home as (insert into tenancy.organizations (org_id, name, personal, created_at)
       values ($2, 'Buyer', true, now() - interval '1 day') returning org_id),
     gone as (delete from tenancy.memberships where user_id = (select id from person)),
     left_behind as (delete from tenancy.member_directory where user_id = (select id from person)),
     member as (insert into tenancy.memberships (org_id, user_id, role, created_at)
       select $2, id, 'owner', now() from person)
     insert into tenancy.member_directory (user_id, org_id) select id, $2 from person`,
    [email, org],
  );
  return t.signIn({ ...OWNER, email });
}

/** Somebody who operates too; each may ask ten times a minute. */
async function anOperator(): Promise<Client> {
  const email = `${newId("usr")}@operators.example`;
  await addMember(t.sql, { email, role: "viewer" });
  await t.sql("update identity.users set is_operator = true where email = $1", [email]);
  return t.signIn({ ...OWNER, email });
}

const ask = async (id: string, body: Json = {}, who?: Client) =>
  (who ?? (await anOperator())).call("POST", "/api/admin/refunds", {
    body: { payment_id: id, kind: "full", reason: "requested", ...body },
  });
const part = (id: string, amount: number, body: Json = {}) =>
  ask(id, { kind: "partial", amount_minor: amount, ...body });
const atStripe = async (charge: unknown): Promise<Json[]> => {
  const answer = await fetch(
    `${t.credentials.stripe.base_url}/v1/refunds?limit=100&charge=${String(charge)}`,
    {
      headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
    },
  );
  return ((await answer.json()) as { data: Json[] }).data;
};
const wallet = async (id: string) => {
  const [row] = await t.sql<{ sum: string }>(
    `select coalesce(sum(amount), 0)::text as sum from ledger.entries e join billing.payments p using (org_id)
     where p.id = $1 and e.account = 'wallet' and e.unit = 'credit'
       and e.transaction_id in (select id from ledger.transactions where kind in ('grant', 'clawback')
         and (reference = $1 || ':credits' or kind = 'clawback'))`,
    [id],
  );
  return Number(row?.sum);
};

test("a partial refund moves money and credits once, whatever the webhook tells too", async () => {
  const { buyer, id, row } = await paid();
  const answer = await part(id, 250);
  expect([answer.status, answer.body]).toMatchObject([
    202,
    {
      amount_minor: 250,
      status: "succeeded",
      origin: "operator",
      clawback: true,
      requested_by: expect.any(String),
    },
  ]);
  await buyer.until(id, { status: "partially_refunded", refunded_minor: 250, refundable_minor: 750 });
  expect(await wallet(id)).toBe((CREDITS * 3) / 4);
  expect(await atStripe(row.charge_id)).toMatchObject([
    { amount: 250, metadata: { holdfast_id: answer.body.id } },
  ]);
  const listed = await t.owner.call<{ data: Json[] }>("GET", "/api/admin/refunds?limit=1");
  expect(listed.body.data).toMatchObject([{ id: answer.body.id, payment_id: id, organization: "Buyer" }]);
  const { timeline } = await buyer.payment(id);
  expect(timeline).toMatchObject([
    { kind: "payment", id, status: "created", amount_minor: 1000, detail: "credits" },
    { kind: "payment", id, status: "succeeded", amount_minor: 1000 },
    { kind: "refund", status: "succeeded", amount_minor: 250 },
  ]);
});

test("without clawback the credits stay, and the next refund takes its own share only", async () => {
  const { buyer, id } = await paid();
  expect((await part(id, 500, { clawback: false })).status).toBe(202);
  await buyer.until(id, { refunded_minor: 500 });
  expect(await wallet(id)).toBe(CREDITS);
  expect((await part(id, 250)).status).toBe(202);
  await buyer.until(id, { refunded_minor: 750 });
  expect(await wallet(id)).toBe((CREDITS * 3) / 4);
});

test("partial refunds to the remainder: the last takes what is left, and nothing can be refunded after it", async () => {
  const { buyer, id, row } = await paid();
  for (const refunded of [333, 666]) {
    expect((await part(id, 333)).status).toBe(202);
    await buyer.until(id, { status: "partially_refunded", refunded_minor: refunded });
    expect(await wallet(id)).toBe((CREDITS * (1000 - refunded)) / 1000);
  }
  expect((await part(id, 335)).body).toMatchObject({ code: "exceeds_refundable", refundable_minor: 334 });
  expect((await ask(id)).body).toMatchObject({ amount_minor: 334, status: "succeeded" });
  await buyer.until(id, { status: "refunded", refunded_minor: 1000, refundable_minor: 0 });
  expect(await wallet(id)).toBe(0);
  expect((await part(id, 1)).body).toMatchObject({ code: "exceeds_refundable", refundable_minor: 0 });
  expect((await atStripe(row.charge_id)).map(({ amount }) => amount)).toEqual([334, 333, 333]);
});

/** The organization spends credits, as a settled hold does. False when it is refused them. */
async function spend(id: string, micros: bigint): Promise<boolean> {
  const [row] = await t.sql<{ org_id: OrgId }>("select org_id from billing.payments where id = $1", [id]);
  if (!row) throw new Error("no payment");
  const hold = { id: newId("hold"), mode: "test", unit: "credit", owner: "test", amount: micros } as const;
  const at = new Date();
  const batch = { settle: [], hold: [{ ...hold, deadlineAt: new Date(at.getTime() + 60_000) }] };
  const { held } = await withTx(db, row.org_id, (tx) => applyBatch(tx, row.org_id, batch, at));
  if (!held[0]?.held) return false;
  const cost = { amountAtto: micros * ATTO_PER_MICRO, basis: "reported", excess: "refuse" } as const;
  const settle = { settle: [{ holdId: hold.id, ...cost }], hold: [] };
  await withTx(db, row.org_id, (tx) => applyBatch(tx, row.org_id, settle, at));
  return true;
}

test("refund of spent credits: what is left goes back, the rest is a debt that the next purchase pays first", async () => {
  const { buyer, who, id } = await paid();
  const credit = async () => {
    const { body } = await who.call<{ data: Json[] }>("GET", "/api/ledger/balances");
    return body.data.find(({ unit }) => unit === "credit");
  };
  expect(await spend(id, 600_000_000n)).toBe(true);
  expect((await part(id, 800)).status).toBe(202);
  await buyer.until(id, { refunded_minor: 800 });
  expect(await credit()).toMatchObject({ settled: 0, available: 0, debt: 400_000_000 });
  expect(await spend(id, 1n)).toBe(false);
  const next = await buyer.buy();
  await buyer.pay(next.url);
  await buyer.until(next.payment_id, { status: "succeeded" });
  expect(await credit()).toMatchObject({ available: 600_000_000, debt: 0 });
  expect((await who.call("POST", "/api/ledger/verify")).body).toMatchObject({ ok: true });
});

test("a refund made at Stripe is listed beside ours, and counts", async () => {
  const { buyer, id, row } = await paid();
  await buyer.stripe("/refunds", { charge: String(row.charge_id), amount: "400" });
  await buyer.until(id, { refunded_minor: 400 });
  expect((await part(id, 601)).body).toMatchObject({ code: "exceeds_refundable", refundable_minor: 600 });
  const { body } = await t.owner.call<{ data: Json[] }>("GET", "/api/admin/refunds?limit=1");
  expect(body.data).toMatchObject([
    { payment_id: id, origin: "company", amount_minor: 400, status: "succeeded" },
  ]);
});

test.each([
  ["a partial refund without an amount", { kind: "partial" }, 422, "invalid_input"],
  ["an amount of a full one", { amount_minor: 5 }, 422, "invalid_input"],
  ["a fraction", { kind: "partial", amount_minor: 1.5 }, 422, "invalid_input"],
  ["more than was paid", { kind: "partial", amount_minor: 1001 }, 409, "exceeds_refundable"],
  ["a share of a period that there is not", { kind: "prorated" }, 409, "no_subscription"],
  ["a subscription to end that there is not", { cancel_subscription: "now" }, 409, "no_subscription"],
])("refused: %s", async (_name, body, status, code) => {
  bad ??= paid();
  const answer = await ask((await bad).id, body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await atStripe((await bad).row.charge_id)).toEqual([]);
});
let bad: ReturnType<typeof paid> | null = null;

/** A busy machine may let somebody wait too long for a connection: they ask again, under the same key. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if ((error as { kind?: { code?: string } }).kind?.code !== "database_unavailable") throw error;
    }
  }
}

test("100 concurrent refunds never exceed the payment", { timeout: 60_000 }, async () => {
  const { buyer, id, row } = await paid();
  // Every operator has a limit of their own on asking; here it is the amount that must hold.
  const billing = billingAt(0);
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) => {
      const input = {
        mode: "test",
        actorId: `usr_${i}`,
        operationId: newId("idk"),
        paymentId: id,
        kind: "partial",
        amountMinor: 70n,
        reason: "requested",
        note: null,
        cancelSubscription: "none",
        clawback: true,
      } as const;
      return patiently(() => billing.requestRefund(input));
    }),
  );
  const made = results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refused = results.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
  // 14 times 70 fit into 1,000; from the fourth on they wait for another operator, and count all the same.
  expect(new Set(refused.map(({ message }) => message))).toEqual(
    new Set(["More than can be refunded of this payment"]),
  );
  expect(made).toHaveLength(14);
  expect(made.filter(({ status }) => status === "awaiting_approval")).toHaveLength(11);
  await buyer.until(id, { refunded_minor: 210 });
  const waiting = made.filter(({ status }) => status === "awaiting_approval");
  await Promise.all(
    waiting.map(({ id: refund }) =>
      billing.approveRefund({ id: refund, mode: "test", actorId: "usr_second" }),
    ),
  );
  await buyer.until(id, { refunded_minor: 980, refundable_minor: 20 });
  const total = (await atStripe(row.charge_id)).reduce((sum, { amount }) => sum + Number(amount), 0);
  expect(total).toBe(980);
});

test("above the bound another operator approves, and only another", async () => {
  const { buyer, id, row } = await paid();
  const asked = await ask(id, {}, t.owner);
  expect(asked.body).toMatchObject({ status: "awaiting_approval", amount_minor: 1000 });
  expect(await atStripe(row.charge_id)).toEqual([]);
  const path = `/api/admin/refunds/${String(asked.body.id)}/approve`;
  expect((await t.owner.call("POST", path)).body.code).toBe("own_request");
  const second = await anOperator();
  expect((await second.call("POST", path)).body).toMatchObject({ status: "succeeded" });
  expect((await second.call("POST", path)).body.code).toBe("already_decided");
  await buyer.until(id, { status: "refunded", refundable_minor: 0 });
});

function billingAt(offsetMs: number) {
  const { api_key: apiKey, base_url: baseUrl } = t.credentials.stripe;
  const clock = offsetClock(offsetMs);
  return createBilling({
    db,
    clock,
    hub,
    logger: createLogger("silent"),
    stripe: createStripe({ apiKey, baseUrl, metrics: createMetrics("test"), pausesMs: [] }),
    accountId: "acct_default",
    paypal: null,
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock }),
  });
}
const never = new AbortController().signal;

test("a refund retried a day later: a lost answer is found after 25 hours, and never repeated", async () => {
  const { buyer, id, row } = await paid();
  const refunds = { method: "POST", path: "*/refunds" };
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.fault({ match: refunds, fault: "reset", effect: "done", times: TRIES });
  const asked = await part(id, 300);
  expect(asked.body).toMatchObject({ status: "requested" });
  expect(await atStripe(row.charge_id)).toHaveLength(1);
  expect(await billingAt(25 * HOUR_MS).resumeRefunds(never)).toBe(1);
  await buyer.until(id, { refunded_minor: 300, status: "partially_refunded" });
  expect(await billingAt(26 * HOUR_MS).resumeRefunds(never)).toBe(0);
  expect(await atStripe(row.charge_id)).toHaveLength(1);
  expect(await wallet(id)).toBe((CREDITS * 7) / 10);
});

test("one that Stripe never had is absent twice before it is sent again, under a new key", async () => {
  const { buyer, id, row } = await paid();
  await buyer.fault({
    match: { method: "POST", path: "*/refunds" },
    fault: "reset",
    effect: "none",
    times: TRIES,
  });
  expect((await part(id, 300)).body).toMatchObject({ status: "requested" });
  await billingAt(25 * HOUR_MS).resumeRefunds(never);
  expect(await billingAt(25 * HOUR_MS + 11 * 60_000).resumeRefunds(never)).toBe(0);
  expect(await atStripe(row.charge_id)).toEqual([]);
  expect(await billingAt(25 * HOUR_MS + 13 * 60_000).resumeRefunds(never)).toBe(1);
  await buyer.until(id, { refunded_minor: 300 });
  expect(await atStripe(row.charge_id)).toHaveLength(1);
});

/** Payouts leave the account's clearing in the operator's own book, once, and the books of Stripe agree. */
import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer } from "../../../../test/harness/buyer.ts";
import { INSTALLATION } from "../../../platform/ids.ts";

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp();
});
afterAll(() => t.close());

type Payout = { id: string; amount: number; status: string; method?: string; balance_transaction?: string };
async function deliver(type: string, payout: Payout): Promise<void> {
  const object = { object: "payout", currency: "usd", ...payout };
  const created = Math.floor(Date.now() / 1000);
  const event = {
    id: `evt_${randomUUID()}`,
    object: "event",
    type,
    created,
    livemode: false,
    data: { object },
  };
  const body = Buffer.from(JSON.stringify(event));
  const secret = t.credentials.stripe.webhook_secret;
  const signature = createHmac("sha256", secret).update(`${created}.`).update(body).digest("hex");
  const answer = await t.anonymous.call("POST", "/webhooks/stripe", {
    body,
    headers: { "stripe-signature": `t=${created},v1=${signature}` },
  });
  expect(answer.status, answer.text).toBe(200);
}
const entries = (id: string) =>
  t.sql<{ org_id: string; kind: string; account: string; amount: string }>(
    `select x.org_id, x.kind, e.account, e.amount::text from ledger.transactions x
       join ledger.entries e on e.org_id = x.org_id and e.transaction_id = x.id
     where split_part(x.reference, ':', 3) = $1 order by x.kind, e.account`,
    [id],
  );
const idle = () =>
  expect
    .poll(
      () =>
        t.sql("select type from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      { timeout: 15_000 },
    )
    .toEqual([]);

test("told five times in any order: posted once", async () => {
  const types = [
    "payout.paid",
    "payout.created",
    "payout.reconciliation_completed",
    "payout.paid",
    "payout.updated",
  ];
  for (const type of types) await deliver(type, { id: "po_1", amount: 900, status: "paid" });
  await idle();
  expect(await entries("po_1")).toEqual([
    { org_id: INSTALLATION, kind: "payout.sent", account: "clearing:acct_default", amount: "-900" },
    { org_id: INSTALLATION, kind: "payout.sent", account: "payouts", amount: "900" },
  ]);
});

test("failed, even before it was told as sent: out and back", async () => {
  await deliver("payout.failed", { id: "po_2", amount: 500, status: "failed" });
  await deliver("payout.created", { id: "po_2", amount: 500, status: "in_transit" });
  await idle();
  const rows = await entries("po_2");
  expect(rows.map(({ kind, account, amount }) => [kind, account, amount])).toEqual([
    ["payout.failed", "clearing:acct_default", "500"],
    ["payout.failed", "payouts", "-500"],
    ["payout.sent", "clearing:acct_default", "-500"],
    ["payout.sent", "payouts", "500"],
  ]);
});

test("what an instant one costs is asked for and posted once, in the operator's own book", async () => {
  const buyer = createBuyer(t);
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  await buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 });
  // Any line of Stripe's with a fee will do.
  const [row] = await t.sql<{ id: string }>(
    "select fee_transaction_id as id from billing.payments where id = $1",
    [bought.payment_id],
  );
  const instant = {
    id: "po_3",
    amount: 700,
    status: "paid",
    method: "instant",
    balance_transaction: row?.id ?? "",
  };
  for (const type of ["payout.created", "payout.paid"]) await deliver(type, instant);
  await idle();
  const fee = (await entries(instant.balance_transaction)).filter(({ org_id }) => org_id === INSTALLATION);
  expect(fee).toEqual([
    { org_id: INSTALLATION, kind: "payout.fee", account: "clearing:acct_default", amount: "-59" },
    { org_id: INSTALLATION, kind: "payout.fee", account: "fees", amount: "59" },
  ]);
  expect(await entries("po_3")).toHaveLength(2);
});

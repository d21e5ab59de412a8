/** Cases that buyers open: the money they take and give back, and who wins. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../main.ts";
import { controlOf } from "../../stripe/harness.ts";
import { newPayPalWorld, pay, usd, type Answer, type Json, type PayPalWorld } from "../harness.ts";

let sandbox: Sandbox;
let world: PayPalWorld;
let captureId: string;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newPayPalWorld(sandbox);
  captureId = String((await pay(world, "20.00", undefined, { custom_id: "pay_1" }))["id"]);
});

const disputes = "/v1/customer/disputes";
const there = (what: string, body: Json) =>
  controlOf(sandbox)<Json>("POST", `/paypal/${what}?world=${world.name}`, { capture_id: captureId, ...body });
async function open(body: Json = {}): Promise<string> {
  const made = await there("disputes", body);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return `${disputes}/${String(made.body["dispute_id"])}`;
}
const issues = ({ body }: Answer): unknown =>
  ((body["details"] ?? []) as { issue: string }[]).map(({ issue }) => issue);
const balance = async (): Promise<unknown> => {
  const { body } = await world.call("GET", "/v1/reporting/balances");
  return (body["balances"] as { total_balance: { value: string } }[])[0]?.total_balance.value;
};
const told = async (): Promise<string[]> => {
  const { body } = await world.call("GET", "/v1/notifications/webhooks-events?page_size=100");
  const types = (body["events"] as { event_type: string }[]).map(({ event_type: type }) => type);
  return types.filter((type) => type.startsWith("CUSTOMER")).toReversed();
};
const evidence = (notes: string): Json => ({ evidences: [{ evidence_type: "PROOF_OF_FULFILLMENT", notes }] });

describe("a claim", () => {
  it("takes the money when it is opened, gives it back when the seller wins", async () => {
    expect(await balance()).toBe("18.81");
    const path = await open();
    expect((await world.call("GET", path)).body).toMatchObject({
      status: "WAITING_FOR_SELLER_RESPONSE",
      dispute_amount: usd("20.00"),
      seller_response_due_date: "2026-11-12T09:00:00Z",
      disputed_transactions: [
        { seller_transaction_id: captureId, custom: "pay_1", gross_amount: usd("20.00") },
      ],
      money_movements: [
        { type: "DEBIT", affected_party: "SELLER", reason: "DISPUTE_SETTLEMENT", amount: usd("20.00") },
      ],
    });
    expect(await balance()).toBe("-1.19");
    const refund = await world.call("POST", `/v2/payments/captures/${captureId}/refund`, {});
    expect(issues(refund)).toEqual(["TRANSACTION_DISPUTED"]);
    expect((await world.call("POST", `${path}/provide-evidence`, evidence("winning_evidence"))).status).toBe(
      200,
    );
    expect((await world.call("GET", path)).body["status"]).toBe("UNDER_REVIEW");
    await world.advance("1d");
    expect((await world.call("GET", path)).body).toMatchObject({
      status: "RESOLVED",
      dispute_outcome: { outcome_code: "RESOLVED_SELLER_FAVOUR" },
      money_movements: [{ type: "DEBIT" }, { type: "CREDIT", amount: usd("20.00") }],
    });
    expect(await balance()).toBe("18.81");
    expect(await told()).toEqual([
      "CUSTOMER.DISPUTE.CREATED",
      "CUSTOMER.DISPUTE.UPDATED",
      "CUSTOMER.DISPUTE.RESOLVED",
    ]);
    expect((await world.call("POST", `/v2/payments/captures/${captureId}/refund`, {})).status).toBe(201);
  });

  it.each([
    [
      "evidence that loses",
      async (path: string) => {
        await world.call("POST", `${path}/provide-evidence`, evidence("losing_evidence"));
        await world.advance("1d");
      },
    ],
    ["no answer in ten days", async () => void (await world.advance("10d"))],
    [
      "PayPal's decision",
      async (path: string) => {
        await world.call("POST", `${path}/adjudicate`, { adjudication_outcome: "BUYER_FAVOR" });
      },
    ],
  ])("lost by %s: the money stays away, with a fee, and cannot be refunded again", async (_name, lose) => {
    const path = await open({ amount: "15.00" });
    await lose(path);
    expect((await world.call("GET", path)).body).toMatchObject({
      status: "RESOLVED",
      dispute_outcome: { outcome_code: "RESOLVED_BUYER_FAVOUR", amount_refunded: usd("15.00") },
      money_movements: [
        { type: "DEBIT", amount: usd("15.00") },
        { reason: "DISPUTE_FEE", amount: usd("15.00") },
      ],
    });
    expect(await balance()).toBe("-11.19");
    const path2 = `/v2/payments/captures/${captureId}/refund`;
    expect(issues(await world.call("POST", path2, { amount: usd("5.01") }))).toEqual([
      "REFUND_AMOUNT_EXCEEDED",
    ]);
    expect((await world.call("POST", path2, { amount: usd("5.00") })).status).toBe(201);
  });

  it("accepted by the seller: given up without a fee", async () => {
    const path = await open();
    expect((await world.call("POST", `${path}/accept-claim`, { note: "Ours" })).status).toBe(200);
    expect((await world.call("GET", path)).body).toMatchObject({
      dispute_outcome: { outcome_code: "ACCEPTED" },
    });
    expect(await balance()).toBe("-1.19");
    expect((await world.call("POST", `${path}/accept-claim`, { note: "Twice" })).status).toBe(422);
  });

  it("an inquiry takes nothing until it is escalated", async () => {
    const path = await open({ stage: "INQUIRY" });
    expect((await world.call("GET", path)).body).toMatchObject({
      status: "OPEN",
      dispute_life_cycle_stage: "INQUIRY",
    });
    expect(await balance()).toBe("18.81");
    expect((await world.call("POST", `${path}/escalate`, { note: "No answer" })).status).toBe(200);
    expect((await world.call("GET", path)).body).toMatchObject({ dispute_life_cycle_stage: "CHARGEBACK" });
    expect(await balance()).toBe("-1.19");
  });

  it("evidence may come as a form with a file", async () => {
    const path = await open();
    const form = new FormData();
    form.set("input", new Blob([JSON.stringify(evidence("Sent – größer"))], { type: "application/json" }));
    form.set("evidence-file", new Blob(["%PDF"], { type: "application/pdf" }), "a.pdf");
    const { access_token: token } = (await world.token()).body;
    const answer = await fetch(`${world.paypal.base_url}${path}/provide-evidence`, {
      method: "POST",
      headers: { authorization: `Bearer ${String(token)}` },
      body: form,
    });
    expect(answer.status).toBe(200);
    expect((await world.call("GET", path)).body["evidences"]).toMatchObject([
      { notes: "Sent – größer", source: "SUBMITTED_BY_SELLER" },
    ]);
  });

  it("is found by state and transaction, page by page; one at a time for a payment", async () => {
    const path = await open();
    expect((await there("disputes", {})).status).toBe(422);
    const other = String((await pay(world, "5.00"))["id"]);
    await there("disputes", { capture_id: other, reason: "UNAUTHORISED" });
    const list = async (query: string) => (await world.call("GET", `${disputes}?${query}`)).body;
    expect((await list(`disputed_transaction_id=${captureId}`))["items"]).toMatchObject([
      { dispute_id: path.split("/").at(-1) },
    ]);
    const first = await list("page_size=1&dispute_state=REQUIRED_ACTION");
    const next = (first["links"] as { rel: string; href: string }[]).find(({ rel }) => rel === "next");
    const second = await world.call("GET", (next?.href ?? "").replace(world.paypal.base_url, ""));
    expect([first, second.body].map(({ items }) => (items as Json[]).map(({ reason }) => reason))).toEqual([
      ["UNAUTHORISED"],
      ["MERCHANDISE_OR_SERVICE_NOT_RECEIVED"],
    ]);
    expect(await list("dispute_state=RESOLVED")).not.toHaveProperty("items");
  });
});

describe("refunds made there", () => {
  it("are told like any other, and are in the report", async () => {
    const made = await there("refunds", { amount: "5.00", note: "Sorry" });
    expect(made).toMatchObject({ status: 201, body: { amount: usd("5.00"), note_to_payer: "Sorry" } });
    expect((await world.call("GET", `/v2/payments/captures/${captureId}`)).body["status"]).toBe(
      "PARTIALLY_REFUNDED",
    );
    const events = await world.call(
      "GET",
      `/v1/notifications/webhooks-events?transaction_id=${String(made.body["id"])}`,
    );
    expect(events.body["events"]).toMatchObject([{ event_type: "PAYMENT.CAPTURE.REFUNDED" }]);
  });

  it.each([
    ["more than was paid", { amount: "20.01" }],
    ["no such capture", { capture_id: "NONE" }],
    ["a field that nobody knows", { colour: "red" }],
  ])("%s: 422", async (_name, body) => {
    expect((await there("refunds", body)).status).toBe(422);
    expect(await balance()).toBe("18.81");
  });
});

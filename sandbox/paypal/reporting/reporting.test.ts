/** Reports agree with what happened, to the cent, and as late as they are set. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../main.ts";
import { controlOf } from "../../stripe/harness.ts";
import { newPayPalWorld, pay, usd, type Json, type PayPalWorld } from "../harness.ts";

let sandbox: Sandbox;
let world: PayPalWorld;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newPayPalWorld(sandbox);
});

const range = "start_date=2026-11-01T00:00:00Z&end_date=2026-12-01T00:00:00Z";
const report = async (query = range) => (await world.call("GET", `/v1/reporting/transactions?${query}`)).body;
const details = (body: Json): Json[] =>
  (body["transaction_details"] as { transaction_info: Json }[]).map(({ transaction_info: info }) => info);

describe("transactions", () => {
  it("payments with fees and refunds, with our ids and the balance after each", async () => {
    const capture = await pay(world, "20.00", undefined, { custom_id: "pay_1", invoice_id: "inv_1" });
    await world.advance("1h");
    const path = `/v2/payments/captures/${String(capture["id"])}/refund`;
    const refund = await world.call("POST", path, { amount: usd("5.00"), custom_id: "ref_1" });
    await pay(world, "10.00", "pending@sandbox.test");
    const body = await report();
    expect(body).toMatchObject({ total_items: 2, total_pages: 1, page: 1 });
    expect(details(body)).toMatchObject([
      {
        transaction_id: capture["id"],
        transaction_event_code: "T0006",
        transaction_initiation_date: "2026-11-02T09:00:00+0000",
        transaction_amount: usd("20.00"),
        fee_amount: usd("-1.19"),
        transaction_status: "S",
        ending_balance: usd("18.81"),
        invoice_id: "inv_1",
        custom_field: "pay_1",
      },
      {
        transaction_id: refund.body["id"],
        transaction_event_code: "T1107",
        transaction_amount: usd("-5.00"),
        paypal_reference_id: capture["id"],
        ending_balance: usd("13.81"),
        custom_field: "ref_1",
      },
    ]);
    await world.advance("3d");
    expect(await report()).toMatchObject({ total_items: 3 });
  });

  it("come as late as they are set, three hours at most", async () => {
    const control = controlOf(sandbox);
    const set = (seconds: number) =>
      control("POST", `/paypal/settings?world=${world.name}`, { reporting_delay_seconds: seconds });
    expect((await set(10_801)).status).toBe(422);
    expect((await set(10_800)).status).toBe(200);
    await pay(world);
    const balances = async () => (await world.call("GET", "/v1/reporting/balances")).body["balances"];
    await world.advance("2h 59m");
    expect([(await report())["total_items"], await balances()]).toMatchObject([
      0,
      [{ total_balance: usd("0.00") }],
    ]);
    await world.advance("1m");
    expect([(await report())["total_items"], await balances()]).toMatchObject([
      1,
      [{ currency: "USD", primary: true, total_balance: usd("18.81"), available_balance: usd("18.81") }],
    ]);
  });

  it("by page and by transaction; balances as of a time", async () => {
    const captures: Json[] = [];
    for (let n = 0; n < 5; n++) {
      captures.push(await pay(world, "1.00"));
      await world.advance("1d");
    }
    const pages = [await report(`${range}&page_size=2`), await report(`${range}&page_size=2&page=3`)];
    expect(pages.map((page) => [details(page).length, page["total_pages"]])).toEqual([
      [2, 3],
      [1, 3],
    ]);
    const [second] = captures.slice(1);
    expect(details(await report(`${range}&transaction_id=${String(second?.["id"])}`))).toHaveLength(1);
    const then = await world.call(
      "GET",
      "/v1/reporting/balances?as_of_time=2026-11-03T10:00:00Z&currency_code=USD",
    );
    expect(then.body["balances"]).toMatchObject([{ total_balance: usd("0.96") }]);
  });

  it.each([
    ["no dates", "page=1", "MISSING_REQUIRED_PARAMETER"],
    [
      "more than 31 days",
      "start_date=2026-10-01T00:00:00Z&end_date=2026-11-02T00:00:00Z",
      "INVALID_DATE_RANGE",
    ],
    ["backwards", "start_date=2026-11-02T00:00:00Z&end_date=2026-11-01T00:00:00Z", "INVALID_DATE_RANGE"],
    ["no offset", "start_date=2026-11-01T00:00:00&end_date=2026-11-02T00:00:00Z", "INVALID_PARAMETER_SYNTAX"],
    ["a page of 501", `${range}&page_size=501`, "INVALID_PARAMETER_VALUE"],
  ])("%s is refused", async (_name, query, issue) => {
    expect(await report(query)).toMatchObject({ name: "INVALID_REQUEST", details: [{ issue }] });
  });
});

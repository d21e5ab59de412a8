/** Orders, captures, refunds and authorizations as a client meets them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";
import { fetchToken, newPayPalWorld, pay, usd, type Answer, type Json, type PayPalWorld } from "./harness.ts";

let sandbox: Sandbox;
let world: PayPalWorld;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newPayPalWorld(sandbox);
});

const orders = "/v2/checkout/orders";
const full = { prefer: "return=representation" };
const issues = ({ body }: Answer): unknown =>
  ((body["details"] ?? []) as { issue: string }[]).map(({ issue }) => issue);
const order = async (unit: Json = {}, more: Json = {}): Promise<string> => {
  const body = { intent: "CAPTURE", purchase_units: [{ amount: usd("20.00"), ...unit }], ...more };
  const made = await world.call("POST", orders, body);
  expect(made.status).toBe(201);
  return String(made.body["id"]);
};

describe("credentials", () => {
  it("a client gets a token for nine hours of the world's clock", async () => {
    const { status, body } = await fetchToken(world.paypal);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 32_400 });
    const authorization = `Bearer ${String(body["access_token"])}`;
    expect((await world.call("GET", `${orders}/NONE`, undefined, { authorization })).status).toBe(404);
    await world.advance("9h");
    const late = await world.call("GET", `${orders}/NONE`, undefined, { authorization });
    expect(late).toMatchObject({ status: 401, body: { name: "AUTHENTICATION_FAILURE" } });
  });

  it.each([
    ["another world's secret", { client_secret: "EX_sandbox_default_000000000000000000000000" }],
    ["an invalid secret", { client_secret: "EX_invalid" }],
    ["a live id", { client_id: "AeA1QIZXiflr1Live" }],
  ])("%s is refused", async (_name, change) => {
    expect(await fetchToken({ ...world.paypal, ...change })).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
  });

  it("no token, no answer; another grant is refused", async () => {
    expect((await world.call("GET", `${orders}/X`, undefined, { authorization: "" })).status).toBe(401);
    const basic = Buffer.from(`${world.paypal.client_id}:${world.paypal.client_secret}`).toString("base64");
    const headers = { authorization: `Basic ${basic}` };
    expect((await world.call("POST", "/v1/oauth2/token", {}, headers)).body["error"]).toBe("invalid_request");
  });
});

describe("orders", () => {
  it("made bare, approved, captured: the money, the fee and our ids are there", async () => {
    const id = await order(
      { custom_id: "pay_1", invoice_id: "inv_1" },
      {
        application_context: {
          return_url: "http://127.0.0.1:1/done?x=1",
          cancel_url: "http://127.0.0.1:1/no",
        },
      },
    );
    const before = await world.call("GET", `${orders}/${id}`);
    expect(before.body).toMatchObject({ status: "CREATED", intent: "CAPTURE" });
    expect(issues(await world.call("POST", `${orders}/${id}/capture`))).toEqual(["ORDER_NOT_APPROVED"]);
    const page = await world.approve(id);
    expect(page.body["status"]).toBe("APPROVED");
    expect(String(page.body["redirect_url"])).toMatch(
      new RegExp(`^http://127\\.0\\.0\\.1:1/done\\?x=1&token=${id}&PayerID=[2-9A-HJ-NP-Z]{13}$`),
    );
    const done = await world.call("POST", `${orders}/${id}/capture`, undefined, full);
    expect(done.status).toBe(201);
    expect(done.body).toMatchObject({
      status: "COMPLETED",
      payer: { email_address: "approve@sandbox.test" },
      purchase_units: [
        {
          reference_id: "default",
          payments: {
            captures: [
              {
                status: "COMPLETED",
                custom_id: "pay_1",
                invoice_id: "inv_1",
                amount: usd("20.00"),
                seller_receivable_breakdown: {
                  gross_amount: usd("20.00"),
                  paypal_fee: usd("1.19"),
                  net_amount: usd("18.81"),
                },
              },
            ],
          },
        },
      ],
    });
    expect(issues(await world.call("POST", `${orders}/${id}/capture`))).toEqual(["ORDER_ALREADY_CAPTURED"]);
  });

  it("the same PayPal-Request-Id makes one order and one capture, and answers with the state of now", async () => {
    const key = { "paypal-request-id": "row_1:order:1" };
    const body = { intent: "CAPTURE", purchase_units: [{ amount: usd("5.00") }] };
    const first = await world.call("POST", orders, body, key);
    const id = String(first.body["id"]);
    await world.approve(id);
    const again = await world.call("POST", orders, body, key);
    expect([again.status, again.body["id"], again.body["status"]]).toEqual([200, id, "APPROVED"]);
    const capture = { "paypal-request-id": "row_1:capture:1" };
    const one = await world.call("POST", `${orders}/${id}/capture`, undefined, capture);
    const two = await world.call("POST", `${orders}/${id}/capture`, undefined, capture);
    expect([one.status, two.status]).toEqual([201, 200]);
    expect(two.body).toEqual(one.body);
    await world.advance("7h");
    const other = await world.call("POST", orders, body, key);
    expect(other.body["id"]).not.toBe(id);
  });

  it("a capture whose answer was lost is found by its key: one capture exists", async () => {
    const id = await order();
    await world.approve(id);
    const key = { "paypal-request-id": "k" };
    const path = `${orders}/${id}/capture`;
    await world.fault({ match: { path }, fault: "timeout", effect: "done", params: { ms: 20 } });
    await expect(world.call("POST", path, undefined, key)).rejects.toThrow();
    const after = await world.call("POST", path, undefined, key);
    expect([after.status, after.body["status"]]).toEqual([200, "COMPLETED"]);
    const books = await controlOf(sandbox)<{ paypal: { captures: unknown[] } }>(
      "GET",
      `/books?world=${world.name}`,
    );
    expect(books.body.paypal.captures).toHaveLength(1);
  });

  it("Prefer decides how much is told", async () => {
    const body = { intent: "CAPTURE", purchase_units: [{ amount: usd("5.00") }] };
    const little = await world.call("POST", orders, body);
    expect(Object.keys(little.body).toSorted()).toEqual(["id", "links", "status"]);
    const much = await world.call("POST", orders, body, full);
    expect(much.body).toMatchObject({ intent: "CAPTURE", purchase_units: [{ amount: usd("5.00") }] });
  });

  it("a wallet order asks for the payer's action, and for a request id", async () => {
    const body = {
      intent: "CAPTURE",
      purchase_units: [{ amount: usd("5.00") }],
      payment_source: {
        paypal: {
          experience_context: { return_url: "http://127.0.0.1:1/a", cancel_url: "http://127.0.0.1:1/b" },
        },
      },
    };
    expect(issues(await world.call("POST", orders, body))).toEqual(["PAYPAL_REQUEST_ID_REQUIRED"]);
    const made = await world.call("POST", orders, body, { "paypal-request-id": "w" });
    expect(made.body["status"]).toBe("PAYER_ACTION_REQUIRED");
    expect((made.body["links"] as Json[]).map(({ rel }) => rel)).toContain("payer-action");
    const gone = await world.approve(String(made.body["id"]), "cancel@sandbox.test");
    expect(gone.body["redirect_url"]).toBe(`http://127.0.0.1:1/b?token=${String(made.body["id"])}`);
  });

  it("declined@: the capture is refused, nothing is taken, another buyer may pay", async () => {
    const id = await order();
    await world.approve(id, "declined@sandbox.test");
    const refused = await world.call("POST", `${orders}/${id}/capture`, undefined, {
      "paypal-request-id": "d",
    });
    expect([refused.status, issues(refused)]).toEqual([422, ["INSTRUMENT_DECLINED"]]);
    expect((await world.call("GET", `${orders}/${id}`)).body["status"]).toBe("CREATED");
    await world.approve(id);
    const paid = await world.call("POST", `${orders}/${id}/capture`, undefined, { "paypal-request-id": "d" });
    expect(paid.body["status"]).toBe("COMPLETED");
  });

  it("pending@ and denied@ end three days later", async () => {
    const late = await pay(world, "10.00", "pending@sandbox.test");
    const never = await pay(world, "10.00", "denied@sandbox.test");
    expect(late).toMatchObject({ status: "PENDING", status_details: { reason: "ECHECK" } });
    const refund = await world.call("POST", `/v2/payments/captures/${String(late["id"])}/refund`, {});
    expect(issues(refund)).toEqual(["PENDING_CAPTURE"]);
    await world.advance("3d");
    const of = async ({ id }: Json) => (await world.call("GET", `/v2/payments/captures/${String(id)}`)).body;
    expect(await of(late)).toMatchObject({ status: "COMPLETED", seller_receivable_breakdown: {} });
    expect((await of(never))["status"]).toBe("DECLINED");
  });

  it("one that nobody pays is gone after its time, approved or not; a paid one stays", async () => {
    const open = await order();
    const approved = await order();
    const paid = await order();
    await world.approve(paid);
    await world.call("POST", `${orders}/${paid}/capture`);
    await world.advance("2h");
    await world.approve(approved);
    await world.advance("2h");
    expect((await world.call("GET", `${orders}/${open}`)).status).toBe(404);
    expect((await world.call("GET", `${orders}/${approved}`)).body["status"]).toBe("APPROVED");
    expect((await world.approve(open)).status).toBe(410);
    await world.advance("2h");
    expect((await world.call("POST", `${orders}/${approved}/capture`)).status).toBe(404);
    expect((await world.call("GET", `${orders}/${paid}`)).body["status"]).toBe("COMPLETED");
  });

  it("a patch changes what may be changed", async () => {
    const id = await order({ custom_id: "a" });
    const at = (name: string): string => `/purchase_units/@reference_id=='default'/${name}`;
    const change = (op: string, path: string, value?: unknown) =>
      world.call("PATCH", `${orders}/${id}`, [{ op, path, value }]);
    expect((await change("replace", at("custom_id"), "b")).status).toBe(204);
    expect((await change("add", at("invoice_id"), "i")).status).toBe(204);
    expect((await change("replace", at("amount"), usd("7.50"))).status).toBe(204);
    expect(issues(await change("add", at("custom_id"), "c"))).toEqual(["INVALID_PATCH_OPERATION"]);
    expect(issues(await change("replace", at("payee"), {}))).toEqual(["NOT_PATCHABLE"]);
    expect((await change("replace", at("amount"), usd("x"))).status).toBe(400);
    const { body } = await world.call("GET", `${orders}/${id}`);
    expect(body["purchase_units"]).toMatchObject([{ custom_id: "b", invoice_id: "i", amount: usd("7.50") }]);
  });

  it.each([
    ["no units", { intent: "CAPTURE" }, 400, ["MISSING_REQUIRED_PARAMETER"]],
    [
      "another intent",
      { intent: "SELL", purchase_units: [{ amount: usd("1.00") }] },
      400,
      ["INVALID_PARAMETER_VALUE"],
    ],
    [
      "a number for an amount",
      { intent: "CAPTURE", purchase_units: [{ amount: { currency_code: "USD", value: 1 } }] },
      400,
      ["INVALID_PARAMETER_SYNTAX"],
    ],
    [
      "three decimals",
      { intent: "CAPTURE", purchase_units: [{ amount: usd("1.001") }] },
      422,
      ["DECIMAL_PRECISION"],
    ],
    [
      "zero",
      { intent: "CAPTURE", purchase_units: [{ amount: usd("0.00") }] },
      422,
      ["CANNOT_BE_ZERO_OR_NEGATIVE"],
    ],
    [
      "a currency that PayPal does not take",
      { intent: "CAPTURE", purchase_units: [{ amount: { currency_code: "BHD", value: "1.00" } }] },
      422,
      ["INVALID_CURRENCY_CODE"],
    ],
    [
      "parts of a yen",
      { intent: "CAPTURE", purchase_units: [{ amount: { currency_code: "JPY", value: "1.50" } }] },
      422,
      ["DECIMALS_NOT_SUPPORTED"],
    ],
    [
      "sums that do not add up",
      {
        intent: "CAPTURE",
        purchase_units: [{ amount: { ...usd("3.00"), breakdown: { item_total: usd("2.00") } } }],
      },
      422,
      ["AMOUNT_MISMATCH"],
    ],
    [
      "a long custom id",
      { intent: "CAPTURE", purchase_units: [{ amount: usd("1.00"), custom_id: "x".repeat(128) }] },
      400,
      ["INVALID_STRING_LENGTH"],
    ],
  ])("%s is refused in PayPal's words, and nothing is made", async (_name, body, status, expected) => {
    const refused = await world.call("POST", orders, body);
    expect([refused.status, issues(refused)]).toEqual([status, expected]);
    const books = await controlOf(sandbox)<{ paypal: { orders: unknown[] } }>(
      "GET",
      `/books?world=${world.name}`,
    );
    expect(books.body.paypal.orders).toEqual([]);
  });

  it("yen are whole, and an invoice is paid once", async () => {
    const amount = { currency_code: "JPY", value: "900" };
    const capture = await pay(world, "1.00", undefined, { amount, invoice_id: "inv_9" });
    expect(capture["seller_receivable_breakdown"]).toMatchObject({ paypal_fee: { value: "71" } });
    const id = await order({ invoice_id: "inv_9" });
    await world.approve(id);
    expect(issues(await world.call("POST", `${orders}/${id}/capture`))).toEqual(["DUPLICATE_INVOICE_ID"]);
  });

  it("what is not JSON is refused, what is not played says so, what does not exist is not found", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await world.call("POST", orders, {}, form)).status).toBe(415);
    const card = {
      intent: "CAPTURE",
      purchase_units: [{ amount: usd("1.00") }],
      payment_source: { card: {} },
    };
    const refused = await world.call("POST", orders, card, { "paypal-request-id": "c" });
    expect(refused).toMatchObject({ status: 501, body: { name: "sandbox_not_implemented" } });
    expect((await world.call("POST", "/v2/invoicing/invoices", {})).status).toBe(501);
    expect((await world.call("GET", "/v9/nothing")).status).toBe(404);
    expect(await world.call("GET", `${orders}/5O190127TN364715T`)).toMatchObject({
      status: 404,
      body: { name: "RESOURCE_NOT_FOUND" },
    });
  });
});

describe("refunds", () => {
  it("part by part until nothing is left", async () => {
    const capture = await pay(world, "20.00");
    const path = `/v2/payments/captures/${String(capture["id"])}`;
    const part = await world.call(
      "POST",
      `${path}/refund`,
      { amount: usd("5.00"), custom_id: "ref_1" },
      full,
    );
    expect(part).toMatchObject({
      status: 201,
      body: {
        status: "COMPLETED",
        amount: usd("5.00"),
        custom_id: "ref_1",
        seller_payable_breakdown: { total_refunded_amount: usd("5.00") },
      },
    });
    expect((await world.call("GET", path)).body["status"]).toBe("PARTIALLY_REFUNDED");
    const much = await world.call("POST", `${path}/refund`, { amount: usd("15.01") });
    expect(issues(much)).toEqual(["REFUND_AMOUNT_EXCEEDED"]);
    const euros = { currency_code: "EUR", value: "1.00" };
    expect(issues(await world.call("POST", `${path}/refund`, { amount: euros }))).toEqual([
      "REFUND_CAPTURE_CURRENCY_MISMATCH",
    ]);
    const rest = await world.call("POST", `${path}/refund`, {}, { ...full, "paypal-request-id": "r" });
    const same = await world.call("POST", `${path}/refund`, {}, { ...full, "paypal-request-id": "r" });
    expect(same.body["id"]).toBe(rest.body["id"]);
    expect(rest.body["amount"]).toEqual(usd("15.00"));
    expect((await world.call("GET", path)).body["status"]).toBe("REFUNDED");
    expect(issues(await world.call("POST", `${path}/refund`, {}))).toEqual(["CAPTURE_FULLY_REFUNDED"]);
    const shown = await world.call("GET", `/v2/payments/refunds/${String(rest.body["id"])}`);
    expect(shown.body["amount"]).toEqual(usd("15.00"));
  });

  it("none after 180 days", async () => {
    const capture = await pay(world);
    await world.advance("181d");
    const late = await world.call("POST", `/v2/payments/captures/${String(capture["id"])}/refund`, {});
    expect(issues(late)).toEqual(["REFUND_TIME_LIMIT_EXCEEDED"]);
  });
});

describe("authorizations", () => {
  const authorize = async (value = "20.00"): Promise<string> => {
    const { body } = await world.call("POST", orders, {
      intent: "AUTHORIZE",
      purchase_units: [{ amount: usd(value) }],
    });
    const id = String(body["id"]);
    await world.approve(id);
    expect(issues(await world.call("POST", `${orders}/${id}/capture`))).toEqual([
      "ACTION_DOES_NOT_MATCH_INTENT",
    ]);
    const done = await world.call("POST", `${orders}/${id}/authorize`);
    const units = done.body["purchase_units"] as { payments: { authorizations: Json[] } }[];
    return `/v2/payments/authorizations/${String(units[0]?.payments.authorizations[0]?.["id"])}`;
  };

  it("captured in parts, up to 115 %", async () => {
    const path = await authorize();
    expect((await world.call("POST", `${path}/capture`, { amount: usd("8.00") })).status).toBe(201);
    expect((await world.call("GET", path)).body["status"]).toBe("PARTIALLY_CAPTURED");
    const much = await world.call("POST", `${path}/capture`, { amount: usd("15.01") });
    expect(issues(much)).toEqual(["MAX_CAPTURE_AMOUNT_EXCEEDED"]);
    const last = await world.call("POST", `${path}/capture`, { amount: usd("15.00"), final_capture: true });
    expect(last.status).toBe(201);
    expect((await world.call("GET", path)).body["status"]).toBe("CAPTURED");
    expect(issues(await world.call("POST", `${path}/void`))).toEqual(["PREVIOUSLY_CAPTURED"]);
  });

  it("voided by hand, or by time after 29 days; set aside anew from the fourth day on", async () => {
    const path = await authorize();
    expect((await world.call("POST", `${path}/void`)).status).toBe(204);
    expect(issues(await world.call("POST", `${path}/capture`, {}))).toEqual(["AUTHORIZATION_VOIDED"]);
    const other = await authorize();
    expect((await world.call("POST", `${other}/reauthorize`, {})).status).toBe(422);
    await world.advance("4d");
    const again = await world.call("POST", `${other}/reauthorize`, { amount: usd("20.00") });
    expect([again.status, again.body["status"]]).toEqual([201, "CREATED"]);
    await world.advance("26d");
    expect((await world.call("GET", other)).body["status"]).toBe("VOIDED");
  });
});

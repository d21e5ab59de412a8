/** Wallets that are kept, and orders paid by them while the buyer is elsewhere. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../main.ts";
import { controlOf } from "../../stripe/harness.ts";
import { newPayPalWorld, usd, type Answer, type Json, type PayPalWorld } from "../harness.ts";

let sandbox: Sandbox;
let world: PayPalWorld;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  world = await newPayPalWorld(sandbox);
});

const setups = "/v3/vault/setup-tokens";
const tokens = "/v3/vault/payment-tokens";
const full = { prefer: "return=representation" };
const issues = ({ body }: Answer): unknown =>
  ((body["details"] ?? []) as { issue: string }[]).map(({ issue }) => issue);
const setup = (): Promise<Answer> =>
  world.call("POST", setups, {
    customer: { id: "org_1" },
    payment_source: {
      paypal: {
        usage_type: "MERCHANT",
        experience_context: { return_url: "http://127.0.0.1:1/kept", cancel_url: "http://127.0.0.1:1/no" },
      },
    },
  });
const confirm = (id: unknown): Promise<Answer> =>
  world.call("POST", tokens, { payment_source: { token: { id, type: "SETUP_TOKEN" } } });
async function keep(buyer?: string): Promise<string> {
  const made = await setup();
  await world.agree(made.body, buyer);
  return String((await confirm(made.body["id"])).body["id"]);
}
const order = (wallet: Json, requestId = "o", intent = "CAPTURE"): Promise<Answer> =>
  world.call(
    "POST",
    "/v2/checkout/orders",
    {
      intent,
      purchase_units: [{ amount: usd("12.00"), custom_id: "pay_1" }],
      payment_source: { paypal: wallet },
    },
    { ...full, "paypal-request-id": requestId },
  );
const told = async (): Promise<string[]> =>
  ((await world.call("GET", "/v1/notifications/webhooks-events")).body["events"] as { event_type: string }[])
    .map(({ event_type: type }) => type)
    .toReversed();

describe("the vault", () => {
  it("keeps a wallet that its owner agreed to, once per setup token", async () => {
    const made = await setup();
    expect(made).toMatchObject({
      status: 201,
      body: { status: "PAYER_ACTION_REQUIRED", customer: { id: "org_1" } },
    });
    const id = String(made.body["id"]);
    expect(issues(await confirm(id))).toEqual(["TOKEN_NOT_APPROVED"]);
    const page = await world.agree(made.body);
    expect(page.body["redirect_url"]).toBe(
      `http://127.0.0.1:1/kept?approval_token_id=${id}&approval_session_id=${id}`,
    );
    expect((await world.call("GET", `${setups}/${id}`)).body["status"]).toBe("APPROVED");
    const kept = await confirm(id);
    expect(kept).toMatchObject({
      status: 201,
      body: {
        customer: { id: "org_1" },
        payment_source: { paypal: { email_address: "approve@sandbox.test" } },
      },
    });
    expect(issues(await confirm(id))).toEqual(["TOKEN_NOT_APPROVED"]);
    const list = await world.call("GET", `${tokens}?customer_id=org_1`);
    expect(list.body["payment_tokens"]).toEqual([kept.body]);
    expect((await world.call("DELETE", `${tokens}/${String(kept.body["id"])}`)).status).toBe(204);
    expect((await world.call("GET", `${tokens}/${String(kept.body["id"])}`)).status).toBe(404);
    expect(await told()).toEqual(["VAULT.PAYMENT-TOKEN.CREATED", "VAULT.PAYMENT-TOKEN.DELETED"]);
  });

  it("pays an order at once, one for each request id", async () => {
    const vaultId = await keep();
    const paid = await order({ vault_id: vaultId });
    expect(paid).toMatchObject({
      status: 201,
      body: {
        status: "COMPLETED",
        purchase_units: [
          { payments: { captures: [{ status: "COMPLETED", amount: usd("12.00"), custom_id: "pay_1" }] } },
        ],
      },
    });
    expect((await order({ vault_id: vaultId })).body["id"]).toBe(paid.body["id"]);
    expect(await told()).toEqual([
      "VAULT.PAYMENT-TOKEN.CREATED",
      "PAYMENT.CAPTURE.COMPLETED",
      "CHECKOUT.ORDER.COMPLETED",
    ]);
    expect((await order({ vault_id: vaultId }, "a", "AUTHORIZE")).body["status"]).toBe("COMPLETED");
  });

  it("a buyer who stopped paying is declined, and no order is left", async () => {
    const vaultId = await keep();
    await controlOf(sandbox)("POST", `/paypal/buyers?world=${world.name}`, {
      email: "approve@sandbox.test",
      renewals: "fail",
    });
    expect(issues(await order({ vault_id: vaultId }))).toEqual(["INSTRUMENT_DECLINED"]);
    expect(issues(await order({ vault_id: "nobody" }))).toEqual(["TOKEN_ID_NOT_FOUND"]);
    const books = await controlOf(sandbox)<{ paypal: { orders: unknown[] } }>(
      "GET",
      `/books?world=${world.name}`,
    );
    expect(books.body.paypal.orders).toEqual([]);
  });

  it("an order keeps the wallet that pays it, when asked", async () => {
    const attributes = {
      customer: { id: "org_2" },
      vault: { store_in_vault: "ON_SUCCESS", usage_type: "MERCHANT" },
    };
    const made = await order({ attributes });
    await world.agree(made.body, "ann@sandbox.test");
    const path = `/v2/checkout/orders/${String(made.body["id"])}/capture`;
    const paid = await world.call("POST", path, undefined, full);
    const source = paid.body["payment_source"] as { paypal: { attributes: { vault: { id: string } } } };
    expect(source.paypal.attributes.vault).toMatchObject({ status: "VAULTED", customer: { id: "org_2" } });
    const again = await order({ vault_id: source.paypal.attributes.vault.id }, "second");
    expect(again.body).toMatchObject({ status: "COMPLETED", payer: { email_address: "ann@sandbox.test" } });
  });
});

/** What PayPal may answer about wallets, over HTTP. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startAnswering, type Answer, type Answering } from "../../../test/harness/answering.ts";
import { createMetrics } from "../../platform/telemetry/index.ts";
import { createPaypal, type PaypalApi } from "./index.ts";

let company: Answering;
let api: PaypalApi;
const answers = new Map<string, Answer>();

beforeAll(async () => {
  company = await startAnswering(
    ({ method, path, query }) =>
      answers.get(`${method} ${path}${query.size > 0 ? `?${query}` : ""}`) ?? {
        status: 404,
        body: { name: "NOT_FOUND" },
      },
  );
});
afterAll(() => company.close());
beforeEach(() => {
  answers.clear();
  answers.set("POST /v1/oauth2/token", { body: { access_token: "token", expires_in: 30_000 } });
  api = createPaypal({
    baseUrl: company.url,
    clientId: "client",
    clientSecret: "secret",
    metrics: createMetrics("test"),
    pausesMs: [],
  });
  return () => api.close();
});

const page = (number: number) => `GET /v3/vault/payment-tokens?customer_id=cust&page_size=5&page=${number}`;
const wallet = (id: string) => ({
  id,
  customer: { id: "cust" },
  payment_source: { paypal: { email_address: `${id}@example.com` } },
});
const next = [{ rel: "next", href: "https://paypal.test/more" }];

test("all pages of a customer's wallets are read; a page that is given twice ends it", async () => {
  answers.set(page(1), { body: { payment_tokens: [wallet("a"), wallet("b")], links: next } });
  answers.set(page(2), { body: { payment_tokens: [wallet("c")], links: next } });
  answers.set(page(3), { body: { payment_tokens: [wallet("c")], links: next } });
  expect(await api.listWallets("cust")).toEqual([
    { id: "a", customerId: "cust", email: "a@example.com" },
    { id: "b", customerId: "cust", email: "b@example.com" },
    { id: "c", customerId: "cust", email: "c@example.com" },
  ]);
});

test("a customer without wallets has none; a wallet of no address is one all the same", async () => {
  expect(await api.listWallets("cust")).toEqual([]);
  answers.set(page(1), { body: {} });
  expect(await api.listWallets("cust")).toEqual([]);
  answers.set(page(1), { body: { payment_tokens: [{ id: "a" }] } });
  expect(await api.listWallets("cust")).toEqual([{ id: "a", customerId: null, email: null }]);
});

test("a wallet that is gone is forgotten; a setup without a page has none", async () => {
  await expect(api.forgetWallet("gone")).resolves.toBeUndefined();
  answers.set("GET /v3/vault/setup-tokens/s1", { body: { id: "s1", status: "APPROVED" } });
  expect(await api.getSetup("s1")).toEqual({
    id: "s1",
    customerId: null,
    status: "APPROVED",
    approveUrl: null,
  });
  await expect(api.getSetup("s2")).rejects.toMatchObject({ kind: "not_found" });
});

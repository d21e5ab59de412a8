/** An owner whom Stripe knows as a customer, with cards that are kept. */
import { expect } from "vitest";
import type { TestApp } from "./app.ts";
import type { Buyer } from "./buyer.ts";
import type { Client } from "./client.ts";
import { addNeighbour, OWNER } from "./people.ts";

export type Payer = Client & { org: string; email: string; customer: string };

/** The owner of an organization of their own. */
export async function addPayer(t: TestApp, email: string): Promise<Payer> {
  await addNeighbour(t.sql, email);
  const client = await t.signIn({ ...OWNER, email });
  const { body } = await client.call("PUT", "/api/billing/customer", { body: { name: email } });
  const me = await client.call<{ organization: { id: string } }>("GET", "/api/auth/me");
  return {
    ...client,
    email,
    org: me.body.organization.id,
    customer: String(body.provider_customer_id),
  };
}

/** A card that is kept already; its id here. `alias`: one of Stripe's test methods. */
export async function keepCard(t: TestApp, buyer: Buyer, who: Payer, alias: string): Promise<string> {
  const { id } = await buyer.stripe(`/payment_methods/${alias}/attach`, { customer: who.customer });
  const rows = () =>
    t.sql<{ id: string }>("select id from billing.payment_methods where provider_method_id = $1", [id]);
  await expect.poll(async () => (await rows()).length, { timeout: 20_000, interval: 200 }).toBe(1);
  return (await rows())[0]?.id ?? "";
}

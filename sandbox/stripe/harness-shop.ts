/** What the tests about time share: a shop with plans, customers with cards, and the clock. */
import type Stripe from "stripe";
import type { Sandbox } from "../main.ts";
import { controlOf, newWorld, type TestWorld } from "./harness.ts";

export type Shop = { world: TestWorld; stripe: Stripe; pro: string; big: string; yearly: string };

/** A world with a manual clock, a monthly price, a dearer one, and a yearly one. */
export async function openShop(sandbox: Sandbox): Promise<Shop> {
  const world = await newWorld(sandbox, { clock: { mode: "manual" } });
  const { stripe } = world;
  const product = await stripe.products.create({ name: "Pro" });
  const other = await stripe.products.create({ name: "Enterprise" });
  const price = async (name: string, amount: number, interval: "month" | "year") =>
    (
      await stripe.prices.create({
        product: name,
        currency: "usd",
        unit_amount: amount,
        recurring: { interval },
      })
    ).id;
  const [pro, big, yearly] = [
    await price(product.id, 2900, "month"),
    await price(other.id, 19_900, "month"),
    await price(product.id, 29_000, "year"),
  ];
  return { world, stripe, pro, big, yearly };
}

export const moveClock = (sandbox: Sandbox, { world }: Shop, by: string) =>
  controlOf(sandbox)("POST", "/clock", { world: world.name, advance: by });

export async function customerWith({ stripe }: Shop, card: string, clock?: string): Promise<string> {
  const { id } = await stripe.customers.create({
    email: "ann@example.com",
    ...(clock === undefined ? {} : { test_clock: clock }),
  });
  const method = await stripe.paymentMethods.attach(card, { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
  return id;
}

export const invoicesOf = async ({ stripe }: Shop, customer: string): Promise<Stripe.Invoice[]> =>
  (await stripe.invoices.list({ customer, limit: 100 })).data;

export async function eventsOf({ stripe }: Shop, type: string): Promise<Stripe.Event[]> {
  return (await stripe.events.list({ type, limit: 100 })).data;
}

/** What a customer does at the sandbox's Stripe, over HTTP. */
import { randomUUID } from "node:crypto";
import type { Credentials } from "./sandbox.ts";

/** Pays a hosted checkout page with the card that always succeeds, as its form does. */
export async function payCheckout(pageUrl: string): Promise<void> {
  const card = {
    number: "4242424242424242",
    exp: "12/34",
    cvc: "123",
    name: "Dana Demo",
    email: "demo@holdfast.example",
  };
  await send(pageUrl, card, {});
}

/** A payment that names one of ours but not its amount: its event breaks a rule and ends among the dead letters. */
export async function payWrongly({ stripe }: Credentials, paymentId: string): Promise<void> {
  const intent = {
    amount: "1200",
    currency: "usd",
    confirm: "true",
    payment_method: "pm_card_visa",
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "never",
    "metadata[holdfast_id]": paymentId,
  };
  const headers = { authorization: `Bearer ${stripe.api_key}`, "idempotency-key": randomUUID() };
  await send(`${stripe.base_url}/v1/payment_intents`, intent, headers);
}

async function send(
  url: string,
  form: Record<string, string>,
  headers: Record<string, string>,
): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body: new URLSearchParams(form),
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
  if (answer.status >= 400)
    throw new Error(`POST ${url}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
}

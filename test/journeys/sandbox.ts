import { randomUUID } from "node:crypto";

type Credentials = { stripe: { api_key: string; base_url: string } };

/** The sandbox's control, for what no person does in the console. */
export type Sandbox = {
  url: string;
  /** Pays an intent that names a payment of ours with another amount: its event breaks a rule. */
  payWrongly(paymentId: string): Promise<void>;
};

export function connectSandbox(url: string): Sandbox {
  return {
    url,
    async payWrongly(paymentId) {
      const { stripe } = (await (await fetch(`${url}/worlds/default`)).json()) as Credentials;
      const intent = new URLSearchParams({
        amount: "1300",
        currency: "usd",
        confirm: "true",
        payment_method: "pm_card_visa",
        "metadata[holdfast_id]": paymentId,
      });
      await send(`${stripe.base_url}/v1/payment_intents`, intent, {
        authorization: `Bearer ${stripe.api_key}`,
        "idempotency-key": randomUUID(),
      });
    },
  };
}

async function send(url: string, body: URLSearchParams, headers: Record<string, string>): Promise<void> {
  const answer = await fetch(url, { method: "POST", body, headers, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
}

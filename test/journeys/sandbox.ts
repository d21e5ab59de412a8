import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** Mails go out one after another and are tried again: with faults on, the third try comes after ten seconds. */
const MAIL_MS = 60_000;
const LOOK_MS = 250;

type Credentials = {
  "customer-app": { hooks_url: string };
  stripe: { api_key: string; base_url: string; webhook_secret: string };
  resend: { api_key: string; base_url: string; from: string };
};

/** The sandbox's control, for what no person does in the console. */
export type Sandbox = {
  url: string;
  /** Sets up a hook of the customer's app, how it answers and with which secret it verifies; its address. */
  setHook(name: string, hook: { answer: string; secret?: string }): Promise<string>;
  /** The holder of the card goes to the bank about this charge. */
  dispute(chargeId: string): Promise<void>;
  /** What OpenRouter lists its models at, in percent of what they cost. */
  listPrices(percent: number): Promise<void>;
  /** What came to a hook, oldest first. */
  deliveries(name: string): Promise<{ type: string; verified: boolean; fault: string | null }[]>;
  /** Pays an intent that names a payment of ours with another amount: its event breaks a rule. */
  payWrongly(paymentId: string): Promise<void>;
  /** The newest link to this page of the console in the mails to an address, and the token in it, once there is one. */
  mailedLink(to: string, path: string): Promise<{ link: string; token: string }>;
  /** Sends a mail as the server would, for a page that shows mail. */
  sendMail(to: string, subject: string, html: string): Promise<void>;
  /** Delivers an event, genuinely signed, of which no handler can make anything: each attempt fails. Returns its type. */
  sendPoison(webhooksUrl: string): Promise<string>;
};

export function connectSandbox(url: string): Sandbox {
  const credentials = async () => (await (await fetch(`${url}/worlds/default`)).json()) as Credentials;
  return {
    url,
    async setHook(name, hook) {
      const answer = await fetch(`${url}/customer-app/hooks/${name}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(hook),
      });
      if (!answer.ok) throw new Error(`The hook ${name}: ${answer.status} ${await answer.text()}`);
      return `${(await credentials())["customer-app"].hooks_url}/${name}`;
    },
    async dispute(charge) {
      const body = JSON.stringify({ charge, reason: "product_not_received" });
      await send(`${url}/stripe/disputes`, body, { "content-type": "application/json" });
    },
    async listPrices(percent) {
      const answer = await fetch(`${url}/openrouter/settings`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ listed_percent: percent }),
      });
      if (!answer.ok) throw new Error(`The prices: ${answer.status} ${await answer.text()}`);
    },
    async deliveries(name) {
      const answer = await fetch(`${url}/customer-app/hooks/${name}`);
      const { deliveries } = (await answer.json()) as {
        deliveries: { type: string; verified: boolean; fault: string | null }[];
      };
      return deliveries;
    },
    async sendPoison(webhooksUrl) {
      const { stripe } = await credentials();
      const [secret = ""] = stripe.webhook_secret.split(",");
      const type = "checkout.session.expired";
      const created = Math.floor(Date.now() / 1000);
      // No list of ids takes a list in the place of one, so looking the session up fails.
      const named = { id: ["cs_1", "cs_2"], payment_intent: "pi_1" };
      const object = { ...named, object: "checkout.session", status: "expired", metadata: {} };
      const event = { id: `evt_${randomUUID()}`, object: "event", type, created, livemode: false };
      const body = JSON.stringify({ ...event, data: { object } });
      const signature = createHmac("sha256", secret).update(`${created}.${body}`).digest("hex");
      await send(`${webhooksUrl}/stripe`, body, {
        "content-type": "application/json",
        "stripe-signature": `t=${created},v1=${signature}`,
      });
      return type;
    },
    async mailedLink(to, path) {
      const pattern = new RegExp(`https?://[^\\s"<]+${path}#token=(?<token>[\\w-]+)`);
      const endsAt = Date.now() + MAIL_MS;
      for (;;) {
        const answer = await fetch(`${url}/mailbox?to=${encodeURIComponent(to)}`);
        const { data } = (await answer.json()) as { data: { subject: string; html: string }[] };
        const found = data.map(({ html }) => pattern.exec(html)).findLast(Boolean);
        if (found) return { link: found[0], token: found.groups?.["token"] ?? "" };
        if (Date.now() > endsAt)
          throw new Error(
            `No mail to ${to} links to ${path}: ${data.map(({ subject }) => subject).join(", ")}`,
          );
        await delay(LOOK_MS);
      }
    },
    async sendMail(to, subject, html) {
      const { resend } = await credentials();
      const mail = { from: resend.from, to, subject, html, text: "In plain words" };
      await send(`${resend.base_url}/emails`, JSON.stringify(mail), {
        authorization: `Bearer ${resend.api_key}`,
        "content-type": "application/json",
      });
    },
    async payWrongly(paymentId) {
      const { stripe } = await credentials();
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

async function send(
  url: string,
  body: URLSearchParams | string,
  headers: Record<string, string>,
): Promise<void> {
  const answer = await fetch(url, { method: "POST", body, headers, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
}

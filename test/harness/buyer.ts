/** Buys credits in the whole server and pays on the sandbox's checkout page, as a person does, by HTTP. */
import type { TestApp } from "./app.ts";
import { createClient, type Client, type Json } from "./client.ts";

const TIMEOUT_MS = 15_000;
const POLL_MS = 20;

export type Buyer = {
  /** Starts a purchase; throws unless it is 201. */
  buy(pack?: string): Promise<{ payment_id: string; session_id: string; url: string }>;
  /** The page's own answer. */
  pay(url: string, number?: string): Promise<Json>;
  /** Completes or fails 3-D Secure. */
  authenticate(url: string, outcome: "complete" | "fail"): Promise<Json>;
  payment(id: string): Promise<Json>;
  /** Waits for the payment to fit. */
  until(id: string, wanted: Json): Promise<Json>;
  /** Calls Stripe's API of the sandbox as its dashboard would. */
  stripe(path: string, form?: Record<string, string>): Promise<Json>;
  fault(fault: Json): Promise<void>;
  calm(): Promise<void>;
};

export function createBuyer(t: TestApp, owner: Client = t.owner): Buyer {
  const sandbox = createClient(t.sandbox.url);
  const post = async (url: string, form: Record<string, string>): Promise<Json> => {
    const answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { accept: "application/json" },
      redirect: "manual",
    });
    return (await answer.json()) as Json;
  };
  // A key without a limit, so that waiting is not refused for asking often.
  let reader: Promise<Client> | null = null;
  const payment = async (id: string) => {
    reader ??= t
      .createKey(owner, { limits: { rpm: 0 }, scopes: ["payments.read"] })
      .then(({ client }) => client);
    return (await (await reader).call("GET", `/api/payments/${id}`)).body;
  };
  return {
    async buy(pack = "starter") {
      const { status, body, text } = await owner.call("POST", "/api/credits/purchase", {
        body: { pack_key: pack },
      });
      if (status !== 201) throw new Error(`no purchase: ${text}`);
      return body as { payment_id: string; session_id: string; url: string };
    },
    pay: (url, number = "4242424242424242") =>
      post(url, { number, exp: "12/34", cvc: "123", name: "Ada", email: "ada@example.com" }),
    authenticate: (url, outcome) => post(`${url}/authenticate`, { outcome }),
    payment,
    async until(id, wanted) {
      const fits = (row: Json) => Object.entries(wanted).every(([key, value]) => row[key] === value);
      for (const endsAt = Date.now() + TIMEOUT_MS; ;) {
        const row = await payment(id);
        if (fits(row)) return row;
        if (Date.now() > endsAt) throw new Error(`not ${JSON.stringify(wanted)} but ${JSON.stringify(row)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async stripe(path, form = {}) {
      const answer = await fetch(`${t.credentials.stripe.base_url}/v1${path}`, {
        method: "POST",
        body: new URLSearchParams(form),
        headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
      });
      if (!answer.ok) throw new Error(`Stripe refused: ${await answer.text()}`);
      return (await answer.json()) as Json;
    },
    async fault(fault) {
      const answer = await sandbox.call("POST", "/_sandbox/faults", {
        body: { company: "stripe", ...fault },
        idempotencyKey: null,
      });
      if (answer.status !== 201) throw new Error(`no fault: ${answer.text}`);
    },
    calm: async () => void (await sandbox.call("DELETE", "/_sandbox/faults")),
  };
}

/** PayPal as a buyer and as its dashboard see it, and events signed as it signs them. */
import { randomUUID, sign } from "node:crypto";
import { crc32 } from "node:zlib";
import { certificateUrl, signingOf } from "../../sandbox/paypal/webhooks/certificate.ts";
import type { TestApp } from "./app.ts";
import { createBuyer, type Buyer } from "./buyer.ts";
import { createClient, type Client, type Json } from "./client.ts";

export type Signature = {
  /** Milliseconds. */
  at?: number;
  transmissionId?: string;
  /** What is signed in place of the body's own sum. */
  crc?: number;
  certUrl?: string;
};

/** The headers that PayPal would send with these bytes. */
export async function signForPaypal(
  { sandbox, credentials: { paypal } }: Pick<TestApp, "sandbox" | "credentials">,
  body: Buffer,
  { at = Date.now(), transmissionId = randomUUID(), crc = crc32(body), certUrl }: Signature = {},
): Promise<Record<string, string>> {
  const signing = await signingOf(sandbox.authority, "good");
  const time = new Date(at).toISOString();
  const text = `${transmissionId}|${time}|${paypal.webhook_id}|${crc}`;
  return {
    "paypal-transmission-id": transmissionId,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(text), signing.key).toString("base64"),
    "paypal-cert-url": certUrl ?? certificateUrl({ name: "default", baseUrl: sandbox.url }, signing),
    "paypal-auth-algo": "SHA256withRSA",
  };
}

export type PaypalBuyer = Pick<Buyer, "payment" | "until" | "calm"> & {
  /** Starts a purchase; throws unless it is 201. */
  buy(pack?: string): Promise<{ payment_id: string; session_id: string; url: string }>;
  /** Approves on PayPal's page; the address that the browser is sent back to. */
  approve(url: string, buyer?: string): Promise<string>;
  /** Calls PayPal's API of the sandbox as its dashboard would. */
  api(method: string, path: string, body?: Json): Promise<Json>;
  fault(fault: Json): Promise<void>;
  /** Whether a buyer's renewals are paid from now on. */
  renewals(email: string, renewals: "pay" | "fail"): Promise<void>;
};

export function createPaypalBuyer(t: TestApp, owner: Client = t.owner): PaypalBuyer {
  const { paypal } = t.credentials;
  const { payment, until, calm } = createBuyer(t, owner);
  const basic = Buffer.from(`${paypal.client_id}:${paypal.client_secret}`).toString("base64");
  return {
    payment,
    until,
    calm,
    async buy(pack = "starter") {
      const input = { pack_key: pack, provider: "paypal" };
      const { status, body, text } = await owner.call("POST", "/api/credits/purchase", { body: input });
      if (status !== 201) throw new Error(`no purchase: ${text}`);
      return body as { payment_id: string; session_id: string; url: string };
    },
    async approve(url, buyer = "approve@sandbox.test") {
      const answer = await fetch(url, {
        method: "POST",
        body: new URLSearchParams({ buyer }),
        headers: { accept: "application/json" },
        redirect: "manual",
      });
      const { redirect_url, ...rest } = (await answer.json()) as Json;
      if (typeof redirect_url !== "string") throw new Error(`not approved: ${JSON.stringify(rest)}`);
      return redirect_url;
    },
    async api(method, path, body) {
      const answer = await fetch(`${paypal.base_url}${path}`, {
        method,
        headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`PayPal refused: ${await answer.text()}`);
      return (await answer.json()) as Json;
    },
    async fault(fault) {
      const answer = await createClient(t.sandbox.url).call("POST", "/_sandbox/faults", {
        body: { company: "paypal", ...fault },
        idempotencyKey: null,
      });
      if (answer.status !== 201) throw new Error(`no fault: ${answer.text}`);
    },
    async renewals(email, renewals) {
      const answer = await createClient(t.sandbox.url).call("POST", "/_sandbox/paypal/buyers", {
        body: { email, renewals },
        idempotencyKey: null,
      });
      if (answer.status !== 200) throw new Error(`no renewals: ${answer.text}`);
    },
  };
}

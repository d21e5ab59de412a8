/** What the tests of this folder share: a world of its own, a client that speaks plain HTTP, and a buyer. */
import { Agent, request, type Dispatcher } from "undici";
import type { Sandbox } from "../main.ts";
import { controlOf, type Heard } from "../stripe/harness.ts";
import { isGenuine } from "./webhooks/transmissions.ts";

export type Json = Record<string, unknown>;
export type Answer = { status: number; body: Json; headers: Dispatcher.ResponseData["headers"] };
export type Credentials = {
  client_id: string;
  client_secret: string;
  base_url: string;
  webhook_id: string;
  cert_roots: string;
  cert_hosts: string;
};
export type PayPalWorld = {
  name: string;
  paypal: Credentials;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A token of its own, as PayPal answers it. */
  token(): Promise<Answer>;
  /** Moves the world's clock. */
  advance(by: string): Promise<unknown>;
  /** Approves as the page's form does; the answer of the page. */
  approve(orderId: string, buyer?: string): Promise<Answer>;
  /** The same on the page that a link of kind `approve` or `payer-action` leads to. */
  agree(made: Json, buyer?: string): Promise<Answer>;
  fault(fault: Json): Promise<unknown>;
};

let count = 0;

export async function fetchToken({ base_url: base, ...client }: Credentials): Promise<Answer> {
  const basic = Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64");
  return send(`${base}/v1/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
}

async function send(
  url: string,
  options: { method: string; headers: Record<string, string>; body?: string },
) {
  const answer = await request(url, options as Parameters<typeof request>[1]);
  const text = await answer.body.text();
  const body = text === "" ? {} : (JSON.parse(text) as Json);
  return { status: answer.statusCode, headers: answer.headers, body };
}

/** Sends the form of the approval page. */
const post = (url: string, buyer = "approve@sandbox.test") =>
  send(url, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ buyer }).toString(),
  });

/** Its clock stands unless told. */
export async function newPayPalWorld(
  sandbox: Sandbox,
  options: Record<string, unknown> = {},
): Promise<PayPalWorld> {
  const name = (options["name"] as string | undefined) ?? `p${++count}`;
  const control = controlOf(sandbox);
  const wanted = { name, clock: { mode: "manual" }, ...options };
  const { body: made } = await control<{ paypal: Credentials }>("POST", "/worlds", wanted);
  const { paypal } = made;
  let token: string | null = null;
  return {
    name,
    paypal,
    async call(method, path, body, headers = {}) {
      token ??= String((await fetchToken(paypal)).body["access_token"]);
      const sent = { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers };
      return send(`${paypal.base_url}${path}`, {
        method,
        headers: sent,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
    token: () => fetchToken(paypal),
    advance(by) {
      token = null;
      return control("POST", "/clock", { world: name, advance: by });
    },
    approve: (id, buyer) => post(`${paypal.base_url}/checkoutnow?token=${id}`, buyer),
    agree({ links }, buyer) {
      const link = (links as { rel: string; href: string }[]).find(({ rel }) =>
        /^(approve|payer-action)$/.test(rel),
      );
      return post(link?.href ?? "", buyer);
    },
    fault: (fault) => control("POST", "/faults", { world: name, company: "paypal", times: 1, ...fault }),
  };
}

export const usd = (value: string): Json => ({ currency_code: "USD", value });

/** A bare order, approved and captured; the capture. */
export async function pay(
  world: PayPalWorld,
  value = "20.00",
  buyer?: string,
  unit: Json = {},
): Promise<Json> {
  const { body: order } = await world.call("POST", "/v2/checkout/orders", {
    intent: "CAPTURE",
    purchase_units: [{ amount: usd(value), ...unit }],
  });
  await world.approve(String(order["id"]), buyer);
  const { body } = await world.call("POST", `/v2/checkout/orders/${String(order["id"])}/capture`);
  const units = body["purchase_units"] as { payments: { captures: Json[] } }[];
  return units[0]?.payments.captures[0] ?? {};
}

/** What the certificate's address answers, by TLS, for one who trusts the world's root. */
export async function fetchCertificate(world: PayPalWorld, url: string): Promise<string> {
  const agent = new Agent({ connect: { ca: world.paypal.cert_roots } });
  try {
    const answer = await request(url, { dispatcher: agent });
    return await answer.body.text();
  } finally {
    await agent.close();
  }
}

/** Whether a delivery is signed for this world's own endpoint by that certificate. */
export function isSigned(world: PayPalWorld, { headers, body }: Heard, certificate: string): boolean {
  const of = (name: string): string => String(headers[`paypal-transmission-${name}`]);
  return isGenuine(
    { id: of("id"), time: of("time"), webhookId: world.paypal.webhook_id },
    body,
    of("sig"),
    certificate,
  );
}

/** What the tests of this folder share: a sandbox, a world of its own, the official SDK, and somebody who listens. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { startSandbox, type Sandbox } from "../main.ts";

export type Heard = { headers: IncomingHttpHeaders; body: Buffer; event: Stripe.Event };
export type Listener = {
  base: string;
  heard: Heard[];
  /** The status of each next answer; 200 when empty. */
  answers: number[];
  /** Resolves when `count` calls have been heard in all. */
  until(count: number): Promise<Heard[]>;
  close(): Promise<void>;
};

/** A server for webhooks that keeps what it hears. */
export async function startListener(): Promise<Listener> {
  const heard: Heard[] = [];
  const answers: number[] = [];
  let wake: (() => void)[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const body = Buffer.concat(chunks);
      let event: unknown = null;
      try {
        event = JSON.parse(body.toString());
      } catch (error) {
        event = { id: "", type: `unreadable: ${String(error)}` };
      }
      res.writeHead(answers.shift() ?? 200).end("{}");
      heard.push({ headers: req.headers, body, event: event as Stripe.Event });
      const waiting = wake;
      wake = [];
      for (const each of waiting) each();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    heard,
    answers,
    async until(count) {
      while (heard.length < count) await new Promise<void>((resolve) => wake.push(resolve));
      return heard;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Control = <T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; body: T }>;
export type TestWorld = { name: string; stripe: Stripe; secret: string; key: string };

/** Calls below `/_sandbox`. */
export function controlOf(sandbox: Sandbox): Control {
  return async <T>(method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(`${sandbox.url}/_sandbox${path}`, init);
    return { status: answer.status, body: (await answer.json()) as T };
  };
}

let count = 0;
/** A world of its own, with the SDK pointed at it. */
export async function newWorld(
  sandbox: Sandbox,
  options: Record<string, unknown> = {},
  config: Stripe.StripeConfig = {},
): Promise<TestWorld> {
  const name = (options["name"] as string | undefined) ?? `w${++count}`;
  type Made = { stripe: { api_key: string; webhook_secret: string } };
  const made = await controlOf(sandbox)<Made>("POST", "/worlds", { name, ...options });
  const { api_key: key, webhook_secret: secret } = made.body.stripe;
  const where = { host: "127.0.0.1", port: sandbox.port, protocol: "http" as const };
  const stripe = new Stripe(key, { ...where, maxNetworkRetries: 0, telemetry: false, ...config });
  return { name, stripe, secret, key };
}

export const newSandbox = (): Promise<Sandbox> => startSandbox();

/** A checkout of `amount` cents. */
export function openCheckout(
  stripe: Stripe,
  amount = 1500,
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [
      {
        quantity: 1,
        price_data: { currency: "usd", unit_amount: amount, product_data: { name: "Credits" } },
      },
    ],
    success_url: "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}",
    cancel_url: "http://127.0.0.1:1/back",
    ...more,
  });
}

export type PageAnswer = {
  status: number;
  location: string | null;
  body: {
    status: string;
    payment_status: string;
    requires_action: boolean;
    redirect_url: string | null;
    error: { code: string; message: string } | null;
  };
};

/** Pays as the page's form would, asking for JSON. */
export async function payByForm(
  url: string | null,
  number: string,
  fields: Record<string, string> = {},
): Promise<PageAnswer> {
  const form = {
    number,
    exp: "12/34",
    cvc: "123",
    name: "Jenny Rosen",
    email: "jenny@example.com",
    ...fields,
  };
  return post(url ?? "", form);
}

export async function post(url: string, form: Record<string, string>): Promise<PageAnswer> {
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "application/json" },
    body: new URLSearchParams(form),
  });
  const body = (await answer.json()) as PageAnswer["body"];
  return { status: answer.status, location: answer.headers.get("location"), body };
}

/** What a promise was rejected with; fails when it was not. */
export async function refusalOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error("Nothing was refused");
}

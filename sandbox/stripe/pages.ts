import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { PageRequest, World } from "../core/company.ts";
import { findObject, getObject } from "./books.ts";
import type { Charge, Intent } from "./charges.ts";
import { checkoutPage, messagePage, authenticatePage, receiptPage } from "./checkout-page.ts";
import { finishCheckout, payCheckout, type Session } from "./checkout-sessions.ts";
import { getCustomer } from "./customers.ts";
import { StripeError } from "./errors.ts";
import { authenticateIntent } from "./pay.ts";
import { readCard } from "./payment-methods.ts";

const SECURITY = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
const ASSETS: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/assets/checkout.css": ["pages/checkout.css", "text/css; charset=utf-8"],
  "/assets/checkout.js": ["pages/checkout.js", "text/javascript; charset=utf-8"],
};
const loaded = new Map<string, string>();

function html(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "text/html; charset=utf-8", ...SECURITY });
  res.end(text);
}

function redirect(world: World, res: ServerResponse, location: string): void {
  world.store.afterCommit(() => res.writeHead(303, { location, "cache-control": "no-store" }).end());
}

/** The pages for buyers. Ids are unguessable, so they name the world as well. */
export async function servePage(page: PageRequest): Promise<boolean> {
  const { path, method, res } = page;
  const asset = ASSETS[path];
  if (asset !== undefined) {
    let text = loaded.get(path);
    if (text === undefined)
      loaded.set(path, (text = readFileSync(new URL(asset[0], import.meta.url), "utf8")));
    res.writeHead(200, { "content-type": asset[1], "cache-control": "no-cache" }).end(text);
    return true;
  }
  const [, kind, id, act] =
    /^\/(checkout|authenticate|receipts)\/([A-Za-z0-9_]{1,120})(\/authenticate)?$/.exec(path) ?? [];
  if (kind === undefined || id === undefined) return false;
  if (method !== "GET" && method !== "POST") {
    res.writeHead(405, { allow: "GET, POST" }).end();
    return true;
  }
  if (kind === "receipts") receipt(page, id);
  else if (kind === "authenticate") authenticate(page, id);
  else if (act !== undefined) answerChallenge(page, id);
  else checkout(page, id);
  return true;
}

function worldWith(page: PageRequest, kind: string, id: string): World | null {
  return page.worlds.all().find((world) => findObject(world, kind, id) !== null) ?? null;
}

const wantsJson = (page: PageRequest): boolean => (page.headers.accept ?? "").startsWith("application/json");

/** Where the buyer goes after paying. */
function successUrl(session: Session): string {
  return (session.success_url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", session.id);
}

function showCheckout(
  page: PageRequest,
  world: World,
  id: string,
  status: number,
  error: StripeError | null,
): void {
  const session = getObject<Session>(world, "checkout.session", id);
  const intent =
    typeof session.payment_intent === "string"
      ? findObject<Intent>(world, "payment_intent", session.payment_intent)
      : null;
  const asks = session.status === "open" && intent?.status === "requires_action";
  const message = error?.body.message ?? null;
  if (wantsJson(page)) {
    const done = session.status === "complete";
    const body = {
      status: session.status,
      payment_status: session.payment_status,
      requires_action: asks,
      redirect_url: done ? successUrl(session) : null,
      error: error?.body ?? null,
    };
    page.res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    const text = JSON.stringify(body);
    return world.store.afterCommit(() => page.res.end(text));
  }
  if (session.status === "complete") return redirect(world, page.res, successUrl(session));
  const email = session.customer_email ?? emailOf(world, session);
  const given = status === 402 ? new URLSearchParams(page.rawBody.toString()) : new URLSearchParams();
  const text = checkoutPage(world, session, {
    asks,
    error: message,
    param: error?.body.param ?? null,
    email,
    given,
  });
  world.store.afterCommit(() => html(page.res, status, text));
}

function emailOf(world: World, session: Session): string | null {
  return typeof session.customer === "string" ? getCustomer(world, session.customer).email : null;
}

function checkout(page: PageRequest, id: string): void {
  const world = worldWith(page, "checkout.session", id);
  if (world === null)
    return html(
      page.res,
      404,
      messagePage("There is no such checkout", "Check the address, or start again in the shop."),
    );
  const session = getObject<Session>(world, "checkout.session", id);
  if (session.status === "expired" && !wantsJson(page)) {
    return html(
      page.res,
      page.method === "GET" ? 200 : 410,
      messagePage(
        "This checkout has expired",
        "Nothing has been charged. Start again in the shop.",
        session.cancel_url,
      ),
    );
  }
  if (page.method === "GET" || session.status !== "open") return showCheckout(page, world, id, 200, null);
  const error = tryToPay(page, world, session);
  if (error !== null) return showCheckout(page, world, id, error.status === 402 ? 402 : 400, error);
  if (wantsJson(page)) return showCheckout(page, world, id, 200, null);
  const after = getObject<Session>(world, "checkout.session", id);
  return redirect(
    world,
    page.res,
    after.status === "complete" ? successUrl(after) : `/stripe/checkout/${id}`,
  );
}

/** Pays with what stands in the form; the refusal to show, or null when paid or the holder is asked. */
function tryToPay(page: PageRequest, world: World, session: Session): StripeError | null {
  const form = new URLSearchParams(page.rawBody.toString());
  const value = (name: string): string => (form.get(name) ?? "").trim();
  const [month = "", year = ""] = value("exp")
    .split("/")
    .map((part) => part.trim());
  const email = value("email") || session.customer_email || emailOf(world, session) || "";
  try {
    if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 512) {
      throw new StripeError(402, {
        type: "card_error",
        code: "email_invalid",
        message: "Enter a valid e-mail address.",
        param: "email",
      });
    }
    return world.store.atomic(() => {
      const entry = readCard(world, {
        number: value("number"),
        exp_month: Number(/^\d{1,2}$/.exec(month)?.[0] ?? 0),
        exp_year: Number(/^\d{2}(\d{2})?$/.exec(year)?.[0] ?? 0),
        ...(value("cvc") === "" ? {} : { cvc: value("cvc") }),
      });
      const payer = { email, name: value("name") || null, country: value("country") || null };
      const after = payCheckout(world, session.id, entry, payer);
      return refusal(world, after);
    });
  } catch (error) {
    if (error instanceof StripeError) return error;
    throw error;
  }
}

function refusal(world: World, session: Session): StripeError | null {
  if (typeof session.payment_intent !== "string") return null;
  const intent = getObject<Intent>(world, "payment_intent", session.payment_intent);
  const error = intent.last_payment_error;
  if (error === null) return null;
  const param =
    error.code === "incorrect_cvc" ? "cvc" : error.code === "expired_card" ? "exp_month" : "number";
  return new StripeError(402, {
    type: "card_error",
    code: error.code ?? "card_declined",
    message: error.message ?? "Your card was declined.",
    param,
    ...(error.decline_code === undefined ? {} : { decline_code: error.decline_code }),
  });
}

/** The 3-D Secure dialog on the checkout page. */
function answerChallenge(page: PageRequest, id: string): void {
  const world = worldWith(page, "checkout.session", id);
  if (world === null || page.method !== "POST") {
    return html(
      page.res,
      404,
      messagePage("There is no such checkout", "Check the address, or start again in the shop."),
    );
  }
  const session = getObject<Session>(world, "checkout.session", id);
  const intent =
    typeof session.payment_intent === "string"
      ? findObject<Intent>(world, "payment_intent", session.payment_intent)
      : null;
  if (session.status === "open" && intent?.status === "requires_action") {
    const passed = new URLSearchParams(page.rawBody.toString()).get("outcome") === "complete";
    world.store.atomic(() => {
      authenticateIntent(world, intent, passed);
      finishCheckout(world, id);
    });
    const error = refusal(world, session);
    if (error !== null) return showCheckout(page, world, id, 402, error);
  }
  if (wantsJson(page)) return showCheckout(page, world, id, 200, null);
  const after = getObject<Session>(world, "checkout.session", id);
  redirect(world, page.res, after.status === "complete" ? successUrl(after) : `/stripe/checkout/${id}`);
}

/** The page that `next_action.redirect_to_url` of a payment intent names. */
function authenticate(page: PageRequest, id: string): void {
  const world = worldWith(page, "payment_intent", id);
  if (world === null)
    return html(page.res, 404, messagePage("There is no such payment", "Check the address."));
  const intent = getObject<Intent>(world, "payment_intent", id);
  if (intent.status !== "requires_action") {
    return html(
      page.res,
      200,
      messagePage("Nothing to confirm", `This payment is ${intent.status.replaceAll("_", " ")}.`),
    );
  }
  if (page.method === "GET") return html(page.res, 200, authenticatePage(intent));
  const passed = new URLSearchParams(page.rawBody.toString()).get("outcome") === "complete";
  const back = intent.next_action?.redirect_to_url?.return_url ?? null;
  const after = world.store.atomic(() => authenticateIntent(world, intent, passed));
  if (back === null)
    return html(
      page.res,
      200,
      messagePage("Done", `This payment is ${after.status.replaceAll("_", " ")}. You may close this page.`),
    );
  const url = new URL(back);
  url.searchParams.set("payment_intent", id);
  url.searchParams.set("payment_intent_client_secret", intent.client_secret ?? "");
  url.searchParams.set("redirect_status", after.status === "succeeded" ? "succeeded" : "failed");
  redirect(world, page.res, url.href);
}

function receipt(page: PageRequest, id: string): void {
  const world = worldWith(page, "charge", id);
  const charge = world === null ? null : findObject<Charge>(world, "charge", id);
  if (charge === null)
    return html(page.res, 404, messagePage("There is no such receipt", "Check the address."));
  html(page.res, 200, receiptPage(charge));
}

import type { PageRequest, World } from "../../core/company.ts";
import { getObject } from "../books.ts";
import { answerChallenge, intentTried, payCheckout } from "../checkout/complete.ts";
import type { Session } from "../checkout/hidden.ts";
import { enterCode } from "../checkout/promotion.ts";
import { getCustomer } from "../customers/customers.ts";
import { StripeError } from "../protocol/errors.ts";
import {
  answerJson,
  cardIn,
  formOf,
  html,
  redirect,
  refusalOf,
  refusedBy,
  wantsJson,
  worldWith,
} from "./answer.ts";
import { checkoutPage, messagePage } from "./checkout-page.ts";

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
  const tried = intentTried(world, session);
  const asks = session.status === "open" && tried?.status === "requires_action";
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
    return answerJson(world, page.res, status, body);
  }
  if (session.status === "complete") return redirect(world, page.res, successUrl(session));
  const email = session.customer_email ?? emailOf(world, session);
  const given = status === 402 ? formOf(page) : new URLSearchParams();
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

export function serveCheckout(page: PageRequest, id: string): void {
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

/** The promotion code that the buyer has typed. */
export function servePromotion(page: PageRequest, id: string): void {
  const world = worldWith(page, "checkout.session", id);
  if (world === null || page.method !== "POST") {
    return html(page.res, 404, messagePage("There is no such checkout", "Check the address."));
  }
  const session = getObject<Session>(world, "checkout.session", id);
  const error = refusedBy(world, () => {
    enterCode(world, session, formOf(page).get("promotion_code") ?? "");
    return null;
  });
  if (error !== null) return showCheckout(page, world, id, 402, error);
  if (wantsJson(page)) return showCheckout(page, world, id, 200, null);
  redirect(world, page.res, `/stripe/checkout/${id}`);
}

/** Pays with what stands in the form; the refusal to show, or null when paid or the holder is asked. */
function tryToPay(page: PageRequest, world: World, session: Session): StripeError | null {
  const form = formOf(page);
  const value = (name: string): string => (form.get(name) ?? "").trim();
  const email = value("email") || session.customer_email || emailOf(world, session) || "";
  return refusedBy(world, () => {
    if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 512) {
      throw new StripeError(402, {
        type: "card_error",
        code: "email_invalid",
        message: "Enter a valid e-mail address.",
        param: "email",
      });
    }
    const payer = { email, name: value("name") || null, country: value("country") || null };
    return refusal(world, payCheckout(world, session.id, cardIn(world, form), payer));
  });
}

function refusal(world: World, session: Session): StripeError | null {
  const tried = intentTried(world, session);
  if (tried === null) return null;
  return refusalOf(tried.object === "setup_intent" ? tried.last_setup_error : tried.last_payment_error);
}

/** The 3-D Secure dialog on the checkout page. */
export function serveChallenge(page: PageRequest, id: string): void {
  const world = worldWith(page, "checkout.session", id);
  if (world === null || page.method !== "POST") {
    return html(
      page.res,
      404,
      messagePage("There is no such checkout", "Check the address, or start again in the shop."),
    );
  }
  const session = getObject<Session>(world, "checkout.session", id);
  if (session.status === "open" && intentTried(world, session)?.status === "requires_action") {
    const passed = formOf(page).get("outcome") === "complete";
    world.store.atomic(() => answerChallenge(world, id, passed));
    const error = refusal(world, session);
    if (error !== null) return showCheckout(page, world, id, 402, error);
  }
  if (wantsJson(page)) return showCheckout(page, world, id, 200, null);
  const after = getObject<Session>(world, "checkout.session", id);
  redirect(world, page.res, after.status === "complete" ? successUrl(after) : `/stripe/checkout/${id}`);
}

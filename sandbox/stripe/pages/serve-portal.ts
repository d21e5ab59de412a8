import type { PageRequest, World } from "../../core/company.ts";
import { getObject } from "../books.ts";
import { getCustomer } from "../customers/customers.ts";
import { addCard, cancelAtEnd, changePlan, makeDefault, previewPlan } from "../portal/acts.ts";
import { isSpent, type PortalSession } from "../portal/sessions.ts";
import { invalid, type StripeError } from "../protocol/errors.ts";
import { methodOf } from "../customers/payment-methods.ts";
import { getSubscription, subscriptionNow } from "../subscriptions/subscription.ts";
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
import { messagePage } from "./checkout-page.ts";
import { portalPage, type Offer } from "./portal-page.ts";

/** What an act leads to: a bank's page, an offer to confirm, or just the page again. */
type Outcome = { location?: string; offer?: Offer };

/** The customer portal: read with GET, acted in by one form per act. */
export function servePortal(page: PageRequest, id: string, act: string): void {
  const world = worldWith(page, "billing_portal.session", id);
  if (world === null) return html(page.res, 404, messagePage("There is no such page", "Check the address."));
  const session = getObject<PortalSession>(world, "billing_portal.session", id);
  if (isSpent(world, session)) {
    return html(
      page.res,
      410,
      messagePage("This link has expired", "Open the portal again.", session.return_url),
    );
  }
  if (page.method === "GET") return show(page, world, session, null, null);
  const outcome: Outcome = {};
  const error = refusedBy(world, () => {
    Object.assign(outcome, run(world, session, act, formOf(page)));
    return null;
  });
  if (error !== null) return show(page, world, session, error, null);
  if (outcome.offer !== undefined || wantsJson(page)) return show(page, world, session, null, outcome);
  redirect(world, page.res, outcome.location ?? `/stripe/portal/${id}`);
}

function run(world: World, session: PortalSession, act: string, form: URLSearchParams): Outcome {
  const { customer } = session;
  const value = (name: string): string => form.get(name) ?? "";
  const subscription = value("subscription");
  switch (act) {
    case "cancel":
    case "renew":
      cancelAtEnd(world, customer, subscription, act === "cancel");
      return {};
    case "plan": {
      const at = subscriptionNow(world, getSubscription(world, subscription));
      const invoice = previewPlan(world, customer, subscription, value("price"), at);
      return { offer: { subscription, price: value("price"), at, invoice } };
    }
    case "confirm":
      changePlan(world, customer, subscription, value("price"), Number(value("at")));
      return {};
    case "default":
      makeDefault(world, customer, methodOf(world, customer, value("method"), "method").id);
      return {};
    case "card": {
      const details = { email: value("email") || null, name: value("name") || null };
      const done = addCard(world, customer, cardIn(world, form), details, session.url);
      const refused = refusalOf(done.last_setup_error);
      if (refused !== null) throw refused;
      const bank = done.next_action?.redirect_to_url?.url;
      return typeof bank === "string" ? { location: bank } : {};
    }
    default:
      throw invalid(`There is no such act: ${act}`);
  }
}

function show(
  page: PageRequest,
  world: World,
  session: PortalSession,
  error: StripeError | null,
  outcome: Outcome | null,
): void {
  const status = error === null ? 200 : 402;
  if (wantsJson(page)) {
    const body = {
      status: error === null ? "ok" : "refused",
      redirect_url: outcome?.location ?? null,
      amount_due: outcome?.offer?.invoice.amount_due ?? null,
      at: outcome?.offer?.at ?? null,
      error: error?.body ?? null,
    };
    return answerJson(world, page.res, status, body);
  }
  const customer = getCustomer(world, session.customer);
  const view = {
    asks: false,
    error: error?.body.message ?? null,
    param: error?.body.param ?? null,
    email: customer.email,
    given: error === null ? new URLSearchParams() : formOf(page),
  };
  const text = portalPage(world, session, customer, view, outcome?.offer ?? null);
  world.store.afterCommit(() => html(page.res, status, text));
}

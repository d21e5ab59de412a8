import type Stripe from "stripe";
import type { World } from "../core/company.ts";
import {
  fieldIs,
  findObject,
  getObject,
  insertObject,
  listObjects,
  newId,
  paging,
  pagingCreated,
  saveObject,
  type ListPage,
} from "./books.ts";
import { BY_ITSELF, type Intent } from "./charges.ts";
import { checkTotal, lineItem, makeLine, type LineItem } from "./checkout-lines.ts";
import { createCustomer, getCustomer } from "./customers.ts";
import { invalid, StripeError } from "./errors.ts";
import { emit } from "./events.ts";
import { currency } from "./money.ts";
import { operation, type Cause } from "./operation.ts";
import {
  integer,
  list,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  type Read,
} from "./params.ts";
import { attemptPayment } from "./pay.ts";
import { cancelIntent, createIntent } from "./payment-intents.ts";
import { createPaymentMethod, type BillingInput, type CardEntry } from "./payment-methods.ts";
import { PLAIN_SESSION } from "./plain-session.ts";

export type Session = Stripe.Checkout.Session;

const LIFE_S = 24 * 3_600;
const LEAST_LIFE_S = 30 * 60;

const newSession = {
  billing_address_collection: oneOf("auto", "required"),
  cancel_url: text(5000),
  client_reference_id: text(200),
  currency: currency(),
  customer: text(),
  customer_creation: oneOf("always", "if_required"),
  customer_email: text(512),
  expires_at: integer(),
  line_items: list(lineItem),
  locale: oneOf("auto", "en", "de", "fr", "es", "it", "nl", "en-GB"),
  metadata: metadata(),
  mode: required(oneOfBuilt(["payment"], ["setup", "subscription"])),
  payment_intent_data: object({
    description: text(1000),
    metadata: metadata(),
    receipt_email: text(512),
    statement_descriptor: text(22),
    statement_descriptor_suffix: text(22),
  }),
  submit_type: oneOf("auto", "book", "donate", "pay"),
  success_url: text(5000),
  ui_mode: oneOfBuilt(["hosted_page"], ["elements", "embedded_page", "form"]),
};
type SessionInput = Read<typeof newSession>;

/** What a session needs at the end and does not show: its lines, and what its payment intent will carry. */
type Hidden = { lines: LineItem[]; intent: NonNullable<SessionInput["payment_intent_data"]> };

function hide(world: World, id: string, hidden: Hidden): void {
  world.store.run(
    "insert into stripe_facts (name, value) values (?, ?)",
    `session:${id}`,
    JSON.stringify(hidden),
  );
}
function hiddenOf(world: World, id: string): Hidden {
  const row = world.store.get("select value from stripe_facts where name = ?", `session:${id}`);
  return row === null ? { lines: [], intent: {} } : (JSON.parse(String(row["value"])) as Hidden);
}

function checkInput(world: World, input: SessionInput): void {
  if (input.line_items === undefined || input.line_items.length === 0) {
    throw invalid("You must provide line_items when mode is payment.", "line_items", "parameter_missing");
  }
  if (input.success_url === undefined) {
    throw invalid("Missing required param: success_url.", "success_url", "parameter_missing");
  }
  for (const name of ["success_url", "cancel_url"] as const) {
    const url = input[name];
    if (url !== undefined && !/^https?:\/\/[^\s/]+/.test(url))
      throw invalid("Not a valid URL", name, "url_invalid");
  }
  if (input.customer !== undefined) {
    getCustomer(world, input.customer, "customer");
    if (input.customer_email !== undefined || input.customer_creation !== undefined) {
      throw invalid(
        "You may only specify one of these parameters: customer, customer_email, customer_creation.",
      );
    }
  }
  const life = (input.expires_at ?? world.clock.seconds() + LIFE_S) - world.clock.seconds();
  if (life > LIFE_S) {
    throw invalid(
      "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
      "expires_at",
    );
  }
  if (life < LEAST_LIFE_S) {
    throw invalid(
      "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
      "expires_at",
    );
  }
}

function createSession(world: World, input: SessionInput, cause: Cause): Session {
  checkInput(world, input);
  const lines = (input.line_items ?? []).map((line, at) => makeLine(world, line, at, cause));
  const { total, unit } = checkTotal(lines);
  if (input.currency !== undefined && input.currency !== unit) {
    throw invalid(
      `The price specified only supports \`${unit}\`. This doesn't match the expected currency: \`${input.currency}\`.`,
      "currency",
    );
  }
  const id = newId(world, "checkout.session");
  const created = world.clock.seconds();
  const session: Session = {
    id,
    object: "checkout.session",
    ...PLAIN_SESSION,
    amount_subtotal: total,
    amount_total: total,
    billing_address_collection: input.billing_address_collection ?? null,
    cancel_url: input.cancel_url ?? null,
    client_reference_id: input.client_reference_id ?? null,
    created,
    currency: unit,
    customer: input.customer ?? null,
    customer_creation: input.customer === undefined ? (input.customer_creation ?? "if_required") : null,
    customer_email: input.customer_email ?? null,
    expires_at: input.expires_at ?? created + LIFE_S,
    locale: input.locale ?? null,
    metadata: mergeMetadata({}, input.metadata),
    submit_type: input.submit_type ?? null,
    success_url: input.success_url ?? null,
    url: `${world.baseUrl}/stripe/checkout/${id}`,
  };
  insertObject(world, session);
  hide(world, id, { lines, intent: input.payment_intent_data ?? {} });
  world.agenda.add("stripe", "checkout.expire", session.expires_at * 1000, { id }, `expire:${id}`);
  return session;
}

export function lineItems(world: World, id: string): LineItem[] {
  return hiddenOf(world, id).lines;
}

export type Payer = { email: string; name: string | null; country: string | null };

/** The buyer presses Pay: the payment intent is made at the first try and used again at the next. */
export function payCheckout(world: World, id: string, entry: CardEntry, payer: Payer): Session {
  const session = getObject<Session>(world, "checkout.session", id);
  if (session.status !== "open" || session.amount_total === null) return session;
  const { intent: given } = hiddenOf(world, id);
  const input = {
    ...given,
    amount: session.amount_total,
    currency: session.currency ?? "usd",
    ...(typeof session.customer === "string" ? { customer: session.customer } : {}),
  };
  const intent =
    typeof session.payment_intent === "string"
      ? getObject<Intent>(world, "payment_intent", session.payment_intent)
      : createIntent(world, input, BY_ITSELF);
  const billing: BillingInput = { email: payer.email, name: payer.name };
  if (payer.country !== null) billing.address = { country: payer.country };
  const method = createPaymentMethod(world, entry, billing);
  const next: Session = {
    ...session,
    payment_intent: intent.id,
    customer_details: {
      address: method.billing_details.address,
      business_name: null,
      email: payer.email,
      individual_name: null,
      name: payer.name,
      phone: null,
      tax_exempt: "none",
      tax_ids: [],
    },
  };
  saveObject(world, next);
  attemptPayment(world, intent, method, { offSession: false, returnUrl: session.url }, BY_ITSELF);
  return finishCheckout(world, id);
}

/** Completes a session whose payment intent has succeeded; anything else stays open. */
export function finishCheckout(world: World, id: string): Session {
  const session = getObject<Session>(world, "checkout.session", id);
  if (session.status !== "open" || typeof session.payment_intent !== "string") return session;
  const intent = getObject<Intent>(world, "payment_intent", session.payment_intent);
  if (intent.status !== "succeeded") return session;
  let customer = session.customer;
  if (session.customer_creation === "always") {
    const { email, name } = session.customer_details ?? {};
    customer = createCustomer(world, { email: email ?? null, name: name ?? null }, BY_ITSELF).id;
  }
  const next: Session = {
    ...session,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    customer,
    payment_status: "paid",
    status: "complete",
    url: null,
  };
  saveObject(world, next);
  world.agenda.cancel(`expire:${id}`);
  emit(world, "checkout.session.completed", next, BY_ITSELF);
  return next;
}

function expireSession(world: World, session: Session, cause: Cause): Session {
  if (typeof session.payment_intent === "string") {
    const intent = getObject<Intent>(world, "payment_intent", session.payment_intent);
    if (intent.status !== "succeeded") cancelIntent(world, intent, "expired", cause);
  }
  const next: Session = { ...session, status: "expired", url: null };
  saveObject(world, next);
  world.agenda.cancel(`expire:${session.id}`);
  emit(world, "checkout.session.expired", next, cause);
  return next;
}

/** A session nobody paid within its life. */
export function expireDue(world: World, payload: unknown): void {
  const session = findObject<Session>(world, "checkout.session", (payload as { id: string }).id);
  if (session?.status === "open") expireSession(world, session, BY_ITSELF);
}

const PATH = "/v1/checkout/sessions";
const get = (world: World, id: string): Session => getObject<Session>(world, "checkout.session", id);

export const sessionOperations = [
  operation("POST", PATH, newSession, ({ world, params, cause }) => createSession(world, params, cause)),
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => get(world, id)),
  operation("POST", `${PATH}/{id}`, { metadata: metadata() }, ({ world, id, params }) => {
    const old = get(world, id);
    return saveObject<Session>(world, {
      ...old,
      metadata: mergeMetadata(old.metadata ?? {}, params.metadata),
    });
  }),
  operation("POST", `${PATH}/{id}/expire`, {}, ({ world, id, cause }) => {
    const session = get(world, id);
    if (session.status === "open") return expireSession(world, session, cause);
    throw new StripeError(400, {
      type: "invalid_request_error",
      message: `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    });
  }),
  operation("GET", `${PATH}/{id}/line_items`, paging, ({ world, id, params }): ListPage<LineItem> => {
    get(world, id);
    const all = lineItems(world, id);
    const after =
      params.starting_after === undefined ? -1 : all.findIndex((line) => line.id === params.starting_after);
    const data = all.slice(after + 1, after + 1 + (params.limit ?? 10));
    return { object: "list", data, has_more: all.at(-1) !== data.at(-1), url: `${PATH}/${id}/line_items` };
  }),
  operation(
    "GET",
    PATH,
    {
      ...pagingCreated,
      customer: text(),
      payment_intent: text(),
      status: oneOf("open", "complete", "expired"),
    },
    ({ world, params: { customer, payment_intent, status, ...page } }) =>
      listObjects<Session>(world, "checkout.session", PATH, page, [
        ...fieldIs("customer", customer),
        ...fieldIs("payment_intent", payment_intent),
        ...fieldIs("status", status),
      ]),
  ),
];

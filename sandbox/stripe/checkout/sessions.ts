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
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { currency } from "../catalog/money.ts";
import { automaticTax, autoTax, rateOf } from "../catalog/tax.ts";
import { getCustomer } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { createSetupIntent } from "../payments/setup-intents.ts";
import { invalid, StripeError } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import {
  bool,
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
} from "../protocol/params.ts";
import { billingMode, trialSettings } from "../subscriptions/shapes.ts";
import { abandonCheckout } from "./complete.ts";
import { hide, lineItems, type Session } from "./hidden.ts";
import { checkTotal, lineItem, makeLine, taxedLines, type LineItem } from "./lines.ts";
import { takeOff } from "./promotion.ts";
import { PLAIN_SESSION } from "./plain-session.ts";

const LIFE_S = 24 * 3_600;
const LEAST_LIFE_S = 30 * 60;

const newSession = {
  allow_promotion_codes: bool(),
  automatic_tax: automaticTax,
  billing_address_collection: oneOf("auto", "required"),
  cancel_url: text(5000),
  client_reference_id: text(200),
  currency: currency(),
  customer: text(),
  customer_creation: oneOf("always", "if_required"),
  customer_email: text(512),
  customer_update: object({ address: oneOf("auto", "never"), name: oneOf("auto", "never") }),
  discounts: list(object({ coupon: text(), promotion_code: text() }), 1),
  expires_at: integer(),
  line_items: list(lineItem),
  locale: oneOf("auto", "en", "de", "fr", "es", "it", "nl", "en-GB"),
  metadata: metadata(),
  mode: required(oneOf("payment", "setup", "subscription")),
  payment_intent_data: object({
    description: text(1000),
    metadata: metadata(),
    receipt_email: text(512),
    setup_future_usage: oneOf("off_session", "on_session"),
    statement_descriptor: text(22),
    statement_descriptor_suffix: text(22),
  }),
  payment_method_collection: oneOfBuilt(["always"], ["if_required"]),
  setup_intent_data: object({ description: text(1000), metadata: metadata() }),
  subscription_data: object({
    billing_cycle_anchor: integer(0),
    billing_mode: billingMode,
    description: text(500),
    metadata: metadata(),
    proration_behavior: oneOf("create_prorations", "none"),
    trial_end: integer(0),
    trial_period_days: integer(1, 730),
    trial_settings: trialSettings,
  }),
  submit_type: oneOf("auto", "book", "donate", "pay"),
  success_url: text(5000),
  ui_mode: oneOfBuilt(["hosted_page"], ["elements", "embedded_page", "form"]),
};
type SessionInput = Read<typeof newSession>;

function checkInput(world: World, input: SessionInput): void {
  const empty = input.line_items === undefined || input.line_items.length === 0;
  if (empty && input.mode !== "setup") {
    throw invalid(
      `You must provide line_items when mode is ${input.mode}.`,
      "line_items",
      "parameter_missing",
    );
  }
  if (!empty && input.mode === "setup") {
    throw invalid("You can not pass `line_items` in `setup` mode.", "line_items");
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

/** Which parameters belong to which mode. */
function checkMode(input: SessionInput): void {
  const { mode } = input;
  const foreign = (
    [
      ["payment_intent_data", "payment"],
      ["setup_intent_data", "setup"],
      ["subscription_data", "subscription"],
      ["payment_method_collection", "subscription"],
    ] as const
  ).find(([name, wanted]) => input[name] !== undefined && mode !== wanted);
  if (foreign !== undefined) {
    throw invalid(`You can not pass \`${foreign[0]}\` in \`${mode}\` mode.`, foreign[0]);
  }
  if (mode === "subscription" && input.customer_creation !== undefined) {
    throw invalid("`customer_creation` can only be used in `payment` and `setup` mode.", "customer_creation");
  }
}

type Sums = {
  subtotal: number | null;
  total: number | null;
  off: number;
  tax: number;
  unit: string | null;
};

function sumsOf(input: SessionInput, lines: LineItem[]): Sums {
  if (input.mode === "setup")
    return { subtotal: null, total: null, off: 0, tax: 0, unit: input.currency ?? null };
  const { total, unit } = checkTotal(lines, input.mode === "subscription");
  const off = lines.reduce((sum, line) => sum + line.amount_discount, 0);
  const tax = lines.reduce((sum, line) => sum + line.amount_tax, 0);
  const subtotal = lines.reduce((sum, line) => sum + line.amount_subtotal, 0);
  if (input.currency !== undefined && input.currency !== unit) {
    throw invalid(
      `The price specified only supports \`${unit}\`. This doesn't match the expected currency: \`${input.currency}\`.`,
      "currency",
    );
  }
  return { subtotal, total, off, tax, unit };
}

function fieldsOfMode(world: World, input: SessionInput, cause: Cause): Partial<Session> {
  const known = input.customer !== undefined;
  if (input.mode === "payment") {
    return { customer_creation: known ? null : (input.customer_creation ?? "if_required") };
  }
  const plain = { mode: input.mode, invoice_creation: null, payment_method_collection: "always" as const };
  if (input.mode === "subscription") return { ...plain, customer_creation: known ? null : "always" };
  const setup = {
    ...input.setup_intent_data,
    ...(input.customer === undefined ? {} : { customer: input.customer }),
  };
  return {
    ...plain,
    customer_creation: known ? null : (input.customer_creation ?? "if_required"),
    payment_status: "no_payment_required",
    setup_intent: createSetupIntent(world, setup, cause).id,
    total_details: null,
  };
}

function discountedLines(
  world: World,
  input: SessionInput,
  lines: LineItem[],
): { lines: LineItem[]; discounts: Session["discounts"] } {
  const [discount] = input.discounts ?? [];
  if (discount === undefined) return { lines, discounts: [] };
  if (input.allow_promotion_codes !== undefined) {
    throw invalid(
      "You may only specify one of these parameters: allow_promotion_codes, discounts.",
      "discounts",
    );
  }
  return takeOff(world, lines, discount, input.customer ?? null);
}

function createSession(world: World, input: SessionInput, cause: Cause): Session {
  checkMode(input);
  checkInput(world, input);
  const trial = input.subscription_data?.trial_end ?? input.subscription_data?.trial_period_days;
  const plain = (input.line_items ?? []).map((line, at) =>
    makeLine(world, line, at, { mode: input.mode, isTrial: trial !== undefined }, cause),
  );
  const { discounts, lines: net } = discountedLines(world, input, plain);
  const isTaxed = input.automatic_tax?.enabled === true;
  const lines = taxedLines(net, rateOf(world, isTaxed));
  const { subtotal, total, off, tax, unit } = sumsOf(input, lines);
  const id = newId(world, "checkout.session");
  const created = world.clock.seconds();
  const session: Session = {
    id,
    object: "checkout.session",
    ...PLAIN_SESSION,
    allow_promotion_codes: input.allow_promotion_codes ?? null,
    amount_subtotal: subtotal,
    amount_total: total,
    automatic_tax: autoTax(isTaxed),
    billing_address_collection: input.billing_address_collection ?? null,
    cancel_url: input.cancel_url ?? null,
    client_reference_id: input.client_reference_id ?? null,
    created,
    currency: unit,
    customer: input.customer ?? null,
    customer_creation: null,
    customer_email: input.customer_email ?? null,
    discounts,
    expires_at: input.expires_at ?? created + LIFE_S,
    locale: input.locale ?? null,
    metadata: mergeMetadata({}, input.metadata),
    submit_type: input.submit_type ?? null,
    success_url: input.success_url ?? null,
    url: `${world.baseUrl}/stripe/checkout/${id}`,
    total_details: { amount_discount: off, amount_shipping: 0, amount_tax: tax },
    ...fieldsOfMode(world, input, cause),
  };
  insertObject(world, session);
  hide(world, id, {
    lines,
    intent: input.payment_intent_data ?? {},
    subscription: { ...input.subscription_data, ...(isTaxed ? { automatic_tax: { enabled: true } } : {}) },
    made: {},
    ...(input.discounts?.[0] === undefined ? {} : { discount: input.discounts[0] }),
  });
  world.agenda.add("stripe", "checkout.expire", session.expires_at * 1000, { id }, `expire:${id}`);
  return session;
}

function expireSession(world: World, session: Session, cause: Cause): Session {
  abandonCheckout(world, session, cause);
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
      subscription: text(),
    },
    ({ world, params: { customer, payment_intent, status, subscription, ...page } }) =>
      listObjects<Session>(world, "checkout.session", PATH, page, [
        ...fieldIs("customer", customer),
        ...fieldIs("payment_intent", payment_intent),
        ...fieldIs("status", status),
        ...fieldIs("subscription", subscription),
      ]),
  ),
];

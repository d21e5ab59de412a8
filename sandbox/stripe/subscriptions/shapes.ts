/** The parameters of subscriptions. */
import { discountInput } from "../catalog/discounts.ts";
import { currency } from "../catalog/money.ts";
import { automaticTax } from "../catalog/tax.ts";
import {
  bool,
  integer,
  list,
  metadata,
  nowOr,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  unsettable,
  type Value,
} from "../protocol/params.ts";
import { itemChange } from "./change-items.ts";
import { itemInput, MAX_ITEMS } from "./items.ts";

export const prorationBehavior = oneOf("create_prorations", "none", "always_invoice");
export const paymentBehavior = oneOf(
  "default_incomplete",
  "allow_incomplete",
  "error_if_incomplete",
  "pending_if_incomplete",
);
export const trialSettings = object({
  end_behavior: required(
    object({ missing_payment_method: required(oneOf("create_invoice", "cancel", "pause")) }),
  ),
});
export const billingMode = object({ type: required(oneOfBuilt(["flexible"], ["classic"])) });
const paymentSettings = object({
  payment_method_types: unsettable(
    list(oneOfBuilt(["card"], ["us_bank_account", "sepa_debit", "link", "paypal"])),
  ),
  save_default_payment_method: oneOf("off", "on_subscription"),
});
export const cancellationDetails = object({
  comment: unsettable(text()),
  feedback: unsettable(
    oneOf(
      "customer_service",
      "low_quality",
      "missing_features",
      "other",
      "switched_service",
      "too_complex",
      "too_expensive",
      "unused",
    ),
  ),
});

const shared = {
  cancel_at: unsettable(integer(0)),
  cancel_at_period_end: bool(),
  collection_method: oneOfBuilt(["charge_automatically"], ["send_invoice"]),
  default_payment_method: text(),
  description: unsettable(text(500)),
  discounts: discountInput,
  metadata: metadata(),
  off_session: bool(),
  payment_settings: paymentSettings,
  proration_behavior: prorationBehavior,
  trial_end: nowOr(),
  trial_settings: trialSettings,
};

const invoiceItem = object({
  metadata: metadata(),
  price: required(text()),
  quantity: integer(1, 999_999),
});

export const newSubscription = {
  ...shared,
  automatic_tax: automaticTax,
  add_invoice_items: list(invoiceItem, MAX_ITEMS),
  billing_cycle_anchor: integer(0),
  billing_mode: billingMode,
  currency: currency(),
  customer: required(text()),
  items: required(list(itemInput, MAX_ITEMS)),
  payment_behavior: paymentBehavior,
  trial_from_plan: bool(),
  trial_period_days: integer(0, 730),
};

/** What a change is billed by, of subscriptions and of their items. */
export const billingParams = {
  payment_behavior: paymentBehavior,
  proration_behavior: prorationBehavior,
  proration_date: integer(0),
};

export const subscriptionChange = {
  ...shared,
  ...billingParams,
  billing_cycle_anchor: oneOf("now", "unchanged"),
  items: list(itemChange, MAX_ITEMS),
  cancellation_details: cancellationDetails,
  pause_collection: unsettable(
    object({
      behavior: required(oneOf("keep_as_draft", "mark_uncollectible", "void")),
      resumes_at: integer(0),
    }),
  ),
};

export const cancelParams = {
  cancellation_details: cancellationDetails,
  invoice_now: bool(),
  prorate: bool(),
};
export type CancellationInput = Value<typeof cancellationDetails>;

import { fieldIs, getObject, listObjects, pagingCreated, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { changedFields, getCustomer } from "../customers/customers.ts";
import { resolvePaymentMethod } from "../customers/payment-methods.ts";
import { afterIntent } from "../invoices/settle.ts";
import { invalid } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { bool, integer, mergeMetadata, oneOf, text } from "../protocol/params.ts";
import type { Intent } from "./charges.ts";
import { attemptPayment, declinedError } from "./pay.ts";
import {
  cancelIntent,
  checkAmount,
  createIntent,
  fullShipping,
  intentDetails,
  newIntent,
  unexpected,
} from "./payment-intents.ts";

function confirmIntent(
  world: World,
  intent: Intent,
  input: { payment_method?: string; off_session?: boolean; return_url?: string },
  cause: Cause,
): Intent {
  const open = ["requires_payment_method", "requires_confirmation", "requires_action"].includes(
    intent.status,
  );
  if (!open) {
    throw unexpected(
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.`,
      intent,
    );
  }
  const wanted = input.payment_method ?? intent.payment_method;
  if (typeof wanted !== "string") {
    throw unexpected(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      intent,
    );
  }
  const method = resolvePaymentMethod(world, wanted);
  const session = input.off_session === true ? ("off" as const) : ("on" as const);
  const options = { session, returnUrl: input.return_url ?? null };
  const done = attemptPayment(world, intent, method, options, cause);
  afterIntent(world, done.id, cause);
  if (done.last_payment_error !== null) throw declinedError(done);
  return done;
}

const get = (world: World, id: string): Intent => getObject<Intent>(world, "payment_intent", id);
const reasons = oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned");

export const intentOperations = [
  operation("POST", "/v1/payment_intents", newIntent, ({ world, params, cause }) => {
    if (params.off_session === true && params.confirm !== true) {
      throw invalid("off_session can only be used with confirm=true.", "off_session");
    }
    const { payment_method: _method, ...rest } = params;
    const intent = createIntent(world, params.confirm === true ? rest : params, cause);
    return params.confirm === true ? confirmIntent(world, intent, params, cause) : intent;
  }),
  operation("GET", "/v1/payment_intents/{id}", { client_secret: text() }, ({ world, id }) => get(world, id)),
  operation(
    "POST",
    "/v1/payment_intents/{id}",
    { ...intentDetails, amount: integer(0) },
    ({ world, id, params, cause: _cause }) => {
      const old = get(world, id);
      if (old.status === "succeeded" || old.status === "canceled") {
        const keys = Object.keys(params).filter((key) => key !== "metadata" && key !== "description");
        if (keys.length > 0) {
          throw unexpected(
            `This PaymentIntent's ${keys[0]} could not be updated because it has a status of ${old.status}.`,
            old,
          );
        }
      }
      const { metadata: change, shipping: place, payment_method: wanted, ...rest } = params;
      if (rest.amount !== undefined) checkAmount(rest.amount, old.currency);
      const next: Intent = { ...old, ...rest, metadata: mergeMetadata(old.metadata, change) };
      if (place !== undefined) next.shipping = place === null ? null : fullShipping(place);
      if (wanted !== undefined) {
        next.payment_method = resolvePaymentMethod(world, wanted).id;
        next.status = "requires_confirmation";
      }
      return Object.keys(changedFields(old, next)).length === 0 ? old : saveObject(world, next);
    },
  ),
  operation(
    "POST",
    "/v1/payment_intents/{id}/confirm",
    { off_session: bool(), payment_method: text(), return_url: text(2048) },
    ({ world, id, params, cause }) => confirmIntent(world, get(world, id), params, cause),
  ),
  operation(
    "POST",
    "/v1/payment_intents/{id}/cancel",
    { cancellation_reason: reasons },
    ({ world, id, params, cause }) =>
      cancelIntent(world, get(world, id), params.cancellation_reason ?? null, cause),
  ),
  operation(
    "GET",
    "/v1/payment_intents",
    { ...pagingCreated, customer: text() },
    ({ world, params: { customer, ...page } }) => {
      if (customer !== undefined) getCustomer(world, customer, "customer");
      return listObjects<Intent>(
        world,
        "payment_intent",
        "/v1/payment_intents",
        page,
        fieldIs("customer", customer),
      );
    },
  ),
];

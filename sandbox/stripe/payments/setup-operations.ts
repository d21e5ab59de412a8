import { fieldIs, listObjects, pagingCreated, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { getCustomer } from "../customers/customers.ts";
import { resolvePaymentMethod } from "../customers/payment-methods.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import {
  bool,
  list,
  mergeMetadata,
  metadata,
  object,
  oneOf,
  oneOfBuilt,
  required,
  text,
  unsettable,
} from "../protocol/params.ts";
import { afterSetup } from "../subscriptions/after-setup.ts";
import {
  cancelSetup,
  confirmSetup,
  createSetupIntent,
  declinedSetup,
  getSetupIntent,
  type SetupIntent,
} from "./setup-intents.ts";

const PATH = "/v1/setup_intents";
const methodTypes = list(oneOfBuilt(["card"], ["link", "us_bank_account", "paypal", "klarna", "sepa_debit"]));

function confirm(
  world: World,
  intent: SetupIntent,
  input: { payment_method?: string; return_url?: string },
  cause: Cause,
): SetupIntent {
  const done = confirmSetup(world, intent, input, cause);
  if (done.last_setup_error !== null) throw declinedSetup(done);
  afterSetup(world, done, cause);
  return done;
}

export const setupIntentOperations = [
  operation(
    "POST",
    PATH,
    {
      allowed_payment_method_types: methodTypes,
      automatic_payment_methods: object({
        enabled: required(bool()),
        allow_redirects: oneOf("always", "never"),
      }),
      confirm: bool(),
      customer: text(),
      description: text(1000),
      metadata: metadata(),
      payment_method: text(),
      return_url: text(2048),
      usage: oneOf("off_session", "on_session"),
    },
    ({ world, params, cause }) => {
      const {
        confirm: now,
        allowed_payment_method_types: types,
        return_url,
        payment_method,
        ...rest
      } = params;
      const input = now === true || payment_method === undefined ? rest : { ...rest, payment_method };
      let made = createSetupIntent(world, input, cause);
      if (types !== undefined) made = saveObject(world, { ...made, allowed_payment_method_types: types });
      if (now !== true) return made;
      const given = {
        ...(payment_method === undefined ? {} : { payment_method }),
        ...(return_url === undefined ? {} : { return_url }),
      };
      return confirm(world, made, given, cause);
    },
  ),
  operation("GET", `${PATH}/{id}`, { client_secret: text() }, ({ world, id }) => getSetupIntent(world, id)),
  operation(
    "POST",
    `${PATH}/{id}`,
    { customer: text(), description: unsettable(text(1000)), metadata: metadata(), payment_method: text() },
    ({ world, id, params }) => {
      const old = getSetupIntent(world, id);
      const { metadata: change, payment_method: wanted, customer, ...rest } = params;
      if (customer !== undefined) getCustomer(world, customer, "customer");
      const next: SetupIntent = {
        ...old,
        ...rest,
        ...(customer === undefined ? {} : { customer }),
        metadata: mergeMetadata(old.metadata ?? {}, change),
      };
      if (wanted !== undefined) {
        next.payment_method = resolvePaymentMethod(world, wanted).id;
        next.status = "requires_confirmation";
      }
      return saveObject(world, next);
    },
  ),
  operation(
    "POST",
    `${PATH}/{id}/confirm`,
    { payment_method: text(), return_url: text(2048) },
    ({ world, id, params, cause }) => confirm(world, getSetupIntent(world, id), params, cause),
  ),
  operation(
    "POST",
    `${PATH}/{id}/cancel`,
    { cancellation_reason: oneOf("abandoned", "duplicate", "requested_by_customer") },
    ({ world, id, params, cause }) =>
      cancelSetup(world, getSetupIntent(world, id), params.cancellation_reason ?? null, cause),
  ),
  operation(
    "GET",
    PATH,
    { ...pagingCreated, customer: text(), payment_method: text() },
    ({ world, params: { customer, payment_method, ...page } }) =>
      listObjects<SetupIntent>(world, "setup_intent", PATH, page, [
        ...fieldIs("customer", customer),
        ...fieldIs("payment_method", payment_method),
      ]),
  ),
];

import type Stripe from "stripe";
import { fieldIs, findObject, getObject, insertObject, listObjects, newId, pagingCreated } from "../books.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { operation } from "../protocol/operation.ts";
import { text } from "../protocol/params.ts";
import { BY_ITSELF, type Charge } from "./charges.ts";

type Warning = Stripe.Radar.EarlyFraudWarning;
const KIND = "radar.early_fraud_warning";
const PATH = "/v1/radar/early_fraud_warnings";

/** The bank suspects fraud and has not taken anything yet. */
export function warnDue(world: World, payload: unknown): void {
  const charge = findObject<Charge>(world, "charge", (payload as { id: string }).id);
  if (charge === null) return;
  const intent = charge.payment_intent;
  const warning: Warning = {
    id: newId(world, "fraud_warning"),
    object: KIND,
    actionable: !charge.refunded,
    charge: charge.id,
    created: world.clock.seconds(),
    fraud_type: "misc",
    livemode: false,
    ...(typeof intent === "string" ? { payment_intent: intent } : {}),
  };
  insertObject(world, warning);
  emit(world, "radar.early_fraud_warning.created", warning, BY_ITSELF);
}

export const fraudWarningOperations = [
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) => getObject<Warning>(world, KIND, id)),
  operation(
    "GET",
    PATH,
    { ...pagingCreated, charge: text(), payment_intent: text() },
    ({ world, params: { charge, payment_intent, ...page } }) =>
      listObjects<Warning>(world, KIND, PATH, page, [
        ...fieldIs("charge", charge),
        ...fieldIs("payment_intent", payment_intent),
      ]),
  ),
];

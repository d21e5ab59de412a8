import type Stripe from "stripe";
import { findFact, insertObject, newId, saveFact } from "../books.ts";
import type { World } from "../../core/company.ts";
import { getCustomer } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { operation } from "../protocol/operation.ts";
import { oneOf, required, text } from "../protocol/params.ts";

export type PortalSession = Stripe.BillingPortal.Session;

/** A link is good for so long. */
const LIFE_S = 3_600;

export const isSpent = (world: World, session: PortalSession): boolean =>
  world.clock.seconds() > session.created + LIFE_S;

/** The settings of the portal, as they are saved once in the dashboard. */
function configuration(world: World): string {
  const known = findFact<string>(world, "portal_configuration");
  if (known !== null) return known;
  const made = newId(world, "portal_configuration");
  saveFact(world, "portal_configuration", made);
  return made;
}

export const portalOperations = [
  operation(
    "POST",
    "/v1/billing_portal/sessions",
    {
      customer: required(text()),
      locale: oneOf("auto", "en", "de", "fr", "es", "it", "nl", "en-GB"),
      return_url: text(5000),
    },
    ({ world, params, cause }) => {
      getCustomer(world, params.customer, "customer");
      const id = newId(world, "portal_session");
      const session = insertObject<PortalSession>(world, {
        id,
        object: "billing_portal.session",
        configuration: configuration(world),
        created: world.clock.seconds(),
        customer: params.customer,
        customer_account: null,
        flow: null,
        livemode: false,
        locale: params.locale ?? null,
        on_behalf_of: null,
        return_url: params.return_url ?? null,
        url: `${world.baseUrl}/stripe/portal/${id}`,
      });
      emit(world, "billing_portal.session.created", session, cause);
      return session;
    },
  ),
];

import { readEnvelope, type StripeApi } from "../../vendors/stripe/index.ts";
import { verifyStripe } from "../../vendors/stripe/verify.ts";
import { assert } from "../../platform/problem.ts";
import type { Source } from "./source.ts";

const MAX_SECRETS = 5;
const HEADER = "stripe-signature";

/** A Stripe account as a source. Any of the secrets may have signed an event, so that one can be rolled. */
export function stripeSource(options: {
  stripe: StripeApi;
  accountId: string;
  secrets: readonly string[];
}): Source {
  const { stripe, accountId, secrets } = options;
  assert(secrets.length > 0 && secrets.length <= MAX_SECRETS, "an endpoint has 1 to 5 secrets");
  const header = (headers: Record<string, unknown>) => headers[HEADER] as string | undefined;
  return {
    name: "stripe",
    accountId,
    mode: stripe.mode,
    verify: (body, headers, nowMs) => verifyStripe(body, header(headers), secrets, nowMs),
    read: readEnvelope,
    keep: (headers) => ({ [HEADER]: header(headers) ?? "" }),
    list: stripe.listEvents,
  };
}

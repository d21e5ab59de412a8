import { readEnvelope, StripeFault, type StripeApi } from "../../../vendors/stripe/index.ts";
import { verifyStripe } from "../../../vendors/stripe/verify.ts";
import { Problem, assert } from "../../../platform/problem.ts";
import { webhookProblems } from "../problems.ts";
import type { Source } from "./source.ts";

const MAX_SECRETS = 5;
const HEADER = "stripe-signature";
const AWAY_SECONDS = 60;

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
    secrets,
    verify: (body, headers, by) => verifyStripe(body, header(headers), by.secrets, by.nowMs),
    read: readEnvelope,
    keep: (headers) => ({ [HEADER]: header(headers) ?? "" }),
    list: stripe.listEvents,
    remote: {
      create: (wanted) => stripe.createWebhookEndpoint(wanted).catch(refuse),
      remove: (id) => stripe.deleteWebhookEndpoint(id).catch(refuse),
    },
  };
}

function refuse(cause: unknown): never {
  if (!(cause instanceof StripeFault)) throw cause;
  if (cause.kind === "unavailable")
    throw new Problem(webhookProblems.company_unavailable, { cause, retryAfter: AWAY_SECONDS });
  throw new Problem(webhookProblems.provider_refused, { cause });
}

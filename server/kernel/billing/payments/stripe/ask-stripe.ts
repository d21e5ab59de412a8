import { withSystemTx } from "../../../../platform/db/index.ts";
import { StripeFault } from "../../../../vendors/stripe/index.ts";
import type { Prepared } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { Fetched, PaymentFact } from "../fact.ts";
import type { FetchLimit } from "../fetch-limit.ts";
import { drawFetchSeq } from "../store.ts";

/** An event waits no longer for Stripe: it is put back and the others go on. */
const PATIENCE_MS = 3_000;

/** Asks for a payment whole. Throws `StripeFault`; one that names nothing to ask for yet is not found. */
export async function fetchWhole(
  { db, clock, stripe }: Pick<BillingDeps, "db" | "clock" | "stripe">,
  object: { intentId: string | null; sessionId: string | null },
): Promise<Fetched> {
  const { intentId, sessionId } = object;
  const fetchSeq = await withSystemTx(db, drawFetchSeq);
  const found = intentId ? await stripe.fetchPayment(intentId) : await fetchSession(stripe, sessionId);
  return { found, fetchSeq, at: clock.now() };
}

async function fetchSession(stripe: BillingDeps["stripe"], id: string | null): Promise<PaymentFact> {
  // Without an id the same address lists sessions.
  if (!id) throw new StripeFault("not_found", "nothing_to_ask_for", null);
  return stripe.fetchSession(id);
}

/** The same for an event that waits: bounded in rate and time, and a reason to come back instead of an error. */
export const fetchForEvent = (
  deps: Pick<BillingDeps, "db" | "clock" | "stripe">,
  limit: FetchLimit,
  object: { intentId: string | null; sessionId: string | null },
): Promise<Fetched | Prepared<never>> => askForEvent(limit, () => fetchWhole(deps, object));

/** Any question that an event needs answered, in the same bounds. */
export async function askForEvent<T>(limit: FetchLimit, ask: () => Promise<T>): Promise<T | Prepared<never>> {
  if (!limit.take()) return { kind: "wait", code: "fetch_limit", isOurs: true };
  const { promise: late, resolve } = Promise.withResolvers<Prepared<never>>();
  const timer = setTimeout(() => resolve({ kind: "wait", code: "stripe_slow" }), PATIENCE_MS);
  try {
    return await Promise.race([late, ask().catch(reason)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A company that is away or does not know the object yet is waited for; any other no is final. */
function reason(error: unknown): Prepared<never> {
  if (!(error instanceof StripeFault)) throw error;
  if (error.kind === "unavailable") return { kind: "wait", code: "stripe_unavailable" };
  if (error.kind === "not_found") return { kind: "wait", code: "missing_parent" };
  return { kind: "dead", code: "stripe_refused", detail: `Stripe refused: ${error.code}` };
}

import { CompanyFault } from "../../../platform/calls/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { BillingDeps } from "../deps.ts";
import { billingProblems } from "../problems.ts";
import { companyOf } from "./company-of.ts";
import type { SubscriptionSession } from "./company.ts";
import { placeSubscription } from "./places.ts";
import { refreshCheckout } from "./refresh.ts";
import { lockSubscriptions, updateSubscriptions } from "./store.ts";
import type { SubscriptionRow } from "./subscription.ts";

export type StartedCheckout = {
  subscriptionId: SubscriptionRow["id"];
  sessionId: string;
  url: string;
  expiresAt: Date;
};

/** Between the two looks that must both find nothing before a new key is used. */
const ABSENT_MS = 10 * 60_000;

/**
 * Gives a subscription its checkout, or finds the one it has. Safe to call again at any point: 409 `checkout_over` for one
 * that has ended without, 503 `provider_unavailable` while only the company's list can tell whether there is one.
 */
export async function startCheckout(deps: BillingDeps, row: SubscriptionRow): Promise<StartedCheckout> {
  const known = started(row);
  if (known) return known;
  if (row.status !== "creating") throw new Problem(billingProblems.checkout_over);
  if (!keyCounts(deps, row))
    throw new Problem(billingProblems.provider_unavailable, { retryAfter: ABSENT_MS / 1000 });
  try {
    const session = await companyOf(deps, row).createCheckout(row);
    const result = await adoptCheckout(deps, row, session);
    if (!result) throw new Problem(billingProblems.checkout_over);
    return result;
  } catch (error) {
    throw await refusal(deps, row, error);
  }
}

/** The company still knows the running attempt's key. Until there is a checkout, `as_of` is when that attempt began. */
function keyCounts(deps: BillingDeps, row: SubscriptionRow): boolean {
  const age = deps.clock.now().getTime() - row.as_of.getTime();
  return row.absent_since === null && age < companyOf(deps, row).keyLifeMs;
}

/** The row learns of its checkout; null for one that can no longer be paid. */
function adoptCheckout(
  deps: BillingDeps,
  { org_id: org, id }: SubscriptionRow,
  session: SubscriptionSession,
): Promise<StartedCheckout | null> {
  return change(deps, { org_id: org, id }, (row) => ({
    ...row,
    session_id: session.id,
    session_url: session.url,
    session_expires_at: session.expiresAt,
    absent_since: null,
    ...(row.status === "creating" ? { status: "incomplete" } : {}),
  })).then((row) => row && started(row));
}

function started(row: SubscriptionRow): StartedCheckout | null {
  const { id, session_id, session_url, session_expires_at } = row;
  if (session_id === null || session_url === null || session_expires_at === null) return null;
  return { subscriptionId: id, sessionId: session_id, url: session_url, expiresAt: session_expires_at };
}

/** A definite no ends the row: who wants to try again subscribes again. Anything else leaves it to be carried on. */
async function refusal(deps: BillingDeps, row: SubscriptionRow, error: unknown): Promise<unknown> {
  if (!(error instanceof CompanyFault)) return error;
  if (error.kind === "unavailable")
    return new Problem(billingProblems.provider_unavailable, { cause: error, retryAfter: 5 });
  await change(deps, row, (now) =>
    now.status === "creating"
      ? { ...now, status: "canceled", cancel_reason: error.code, ended_at: deps.clock.now() }
      : now,
  );
  return new Problem(billingProblems.provider_refused, { cause: error });
}

/**
 * Carries on one that was cut off before its checkout was known: the same call with the same key, while the company still
 * knows it; later its list is searched for our id: found → adopted; absent twice, 10 minutes apart → a new key. Where there
 * is no list, what nobody was led to moves nothing, and a new key comes at once.
 */
export async function resumeCheckout(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const now = deps.clock.now();
  if (keyCounts(deps, row)) {
    try {
      await startCheckout(deps, row);
      return;
    } catch (error) {
      const fault = error instanceof Problem ? error.cause : error;
      if (!(fault instanceof CompanyFault)) throw error;
      if (!fault.answered5xx) return;
    }
  }
  const session = await companyOf(deps, row).findCheckout(row);
  if (session === "unsearchable")
    await change(deps, row, (known) =>
      known.status === "creating" && known.attempt === row.attempt
        ? { ...known, attempt: known.attempt + 1, as_of: now }
        : known,
    );
  else if (session) {
    await adoptCheckout(deps, row, session);
    if (session.status !== "open") await refreshCheckout(deps, { ...row, session_id: session.id });
  } else
    await change(deps, row, (known) => {
      if (known.status !== "creating" || known.attempt !== row.attempt) return known;
      if (known.absent_since === null) return { ...known, absent_since: now };
      if (now.getTime() - known.absent_since.getTime() < ABSENT_MS) return known;
      return { ...known, absent_since: null, attempt: known.attempt + 1, as_of: now };
    });
}

/** Changes one row under its lock; null when it is over. */
function change(
  deps: BillingDeps,
  { org_id: org, id }: Pick<SubscriptionRow, "org_id" | "id">,
  next: (row: SubscriptionRow) => SubscriptionRow,
): Promise<SubscriptionRow | null> {
  return withTx(deps.db, org, async (tx) => {
    const row = (await lockSubscriptions(tx, org)).find((one) => one.id === id);
    if (!row) return null;
    const changed = next(row);
    if (changed.session_id !== null)
      await placeSubscription(tx, row.account_id, [
        { object_id: changed.session_id, org_id: org, subscription_id: id },
      ]);
    if (changed !== row) await updateSubscriptions(tx, org, [changed]);
    tx.afterCommit(() => deps.hub.publish("subscription.updated", org));
    return changed;
  });
}

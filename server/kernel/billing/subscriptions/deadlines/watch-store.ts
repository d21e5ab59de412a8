/** SQL of what stands still. For the operator's role, but for what names its organization. */
import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Mode } from "../../../ledger/index.ts";
import type { SubscriptionRow } from "../subscription.ts";

type Watched = Pick<SubscriptionRow, "org_id" | "id">;

/** A charge that paid an invoice of a subscription, of which something is still held: a change of plan may have paid back a part. */
const HELD = `from billing.payments p join billing.invoices i on i.org_id = p.org_id and i.id = p.invoice_id
  where p.status in ('succeeded', 'partially_refunded') and p.charge_id is not null and p.refunded_minor < p.amount_minor`;

/**
 * Those that something is due of; one whose state is young was asked for a moment ago, which does not spare one that is given
 * up. A duplicate is due until it has ended and holds nothing: what paid it may be known, or be given back, only later. Those
 * come last, behind what can go on.
 */
export function listWatched(
  tx: Tx,
  mode: Mode,
  times: { now: Date; cutOff: Date; asked: Date; givenUp: Date },
  limit: number,
): Promise<Watched[]> {
  return tx.query(
    "billing.subscriptions_watched",
    `select s.org_id, s.id from billing.subscriptions s
     where s.mode = $1 and provider <> 'none' and (
       (status = 'creating' and created_at < $3)
       or (status = 'incomplete' and provider_subscription_id is null and session_expires_at < $3)
       or (status = 'incomplete' and method_id is not null and provider_subscription_id is not null
         and (as_of < $4 or session_expires_at < $3 or (session_expires_at is null and created_at < $3)))
       or (status = 'duplicate' and (provider_status is distinct from 'canceled'
         or exists (select 1 ${HELD} and i.org_id = s.org_id and i.subscription_id = s.id)))
       or (status in ('trialing', 'active', 'past_due', 'paused') and as_of < $4
         and (period_end < $3 or trial_ends_at between $4 and $3 or past_due_since < $2))
       or (provider = 'paypal' and cancel_at_period_end and period_end <= $2
         and status in ('trialing', 'active', 'past_due', 'suspended'))
       or (status = 'suspended' and (as_of < $4 or suspended_at <= $6)))
     order by status = 'duplicate', as_of limit $5`,
    [mode, times.now, times.cutOff, times.asked, limit, times.givenUp],
  );
}

/** What paid its invoices and was not given back, or not whole. */
export async function listChargesOf(tx: Tx, org: OrgId, subscriptionId: string): Promise<string[]> {
  const rows = await tx.query<{ charge_id: string }>(
    "billing.subscription_charges",
    `select p.charge_id ${HELD} and i.org_id = $1 and i.subscription_id = $2`,
    [org, subscriptionId],
  );
  return rows.map(({ charge_id }) => charge_id);
}

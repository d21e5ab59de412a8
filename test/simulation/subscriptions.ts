/** Our subscriptions beside the company's: their state, one live at a time, one grant for each period that was paid. */
import type { Books, Company, TheirSubscription } from "./company.ts";

type Row = Record<string, string | null>;
type Ask = (text: string, values?: unknown[]) => Promise<Row[]>;

const SUBSCRIPTIONS = `select id, org_id, status, quantity::text, coalesce(scheduled_quantity, quantity)::text as next_quantity,
  session_id, provider_subscription_id, period_end::text from billing.subscriptions where provider = $1 order by id`;
/** A duplicate gets nothing, and is paid back whole. */
const HELD = `select s.id, p.charge_id from billing.subscriptions s
  join billing.invoices i on i.org_id = s.org_id and i.subscription_id = s.id
  join billing.payments p on p.org_id = i.org_id and p.invoice_id = i.id
  where s.provider = $1 and s.status = 'duplicate' and p.charge_id is not null and p.refunded_minor < p.amount_minor`;
const PERIODS = `select i.subscription_id, i.lines -> 0 ->> 'period_start' as start, count(*)::text as paid
  from billing.invoices i where i.provider = $1 and i.status = 'paid' and i.reason in ('create', 'cycle')
  group by 1, 2 having count(*) > 1`;
const GRANTED = `select i.id, i.subscription_id, s.status, count(g.id)::text as grants
  from billing.invoices i join billing.subscriptions s on s.org_id = i.org_id and s.id = i.subscription_id
  left join ledger.grants g on g.org_id = i.org_id and g.kind = 'plan' and g.reference = i.payment_id || ':credits'
  where i.provider = $1 and i.status = 'paid' and i.reason in ('create', 'cycle') and i.paid_minor > 0
  group by 1, 2, 3 having count(g.id) <> case when s.status = 'duplicate' then 0 else 1 end`;
/** Credits of a plan that neither a paid period nor a change of plan that came about explains. */
const UNEXPLAINED = `select g.reference from ledger.grants g where g.kind = 'plan'
  and not exists (select 1 from billing.invoices i where i.org_id = g.org_id and i.status = 'paid'
    and i.payment_id || ':credits' = g.reference)
  and not exists (select 1 from billing.previews v where v.org_id = g.org_id and v.done_at is not null
    and v.direction = 'up' and v.id || ':credits' = g.reference)`;

export async function subscriptionFaults(rows: Ask, company: Company, theirs: Books): Promise<string[]> {
  const ours = await rows(SUBSCRIPTIONS, [company.name]);
  const faults: string[] = [];
  const live = new Map<string, number>();
  for (const row of ours) {
    const found = await theirs.subscriptions({ id: String(row.id), session: row.session_id ?? null });
    faults.push(...stateFaults(row, found));
    const org = String(row.org_id);
    live.set(org, (live.get(org) ?? 0) + found.filter((each) => each.live).length);
  }
  for (const [org, count] of live)
    if (count > 1) faults.push(`${org} has ${count} subscriptions that can charge`);
  const of = async (text: string, tell: (row: Row) => string) =>
    faults.push(...(await rows(text, [company.name])).map(tell));
  await of(HELD, ({ id, charge_id }) => `${id} is a duplicate, and ${charge_id} was not paid back`);
  await of(
    PERIODS,
    (row) => `${row.subscription_id} paid ${row.paid} times for the period from ${row.start}`,
  );
  await of(
    GRANTED,
    (row) => `${row.id} of ${row.subscription_id} (${row.status}) brought ${row.grants} grants`,
  );
  faults.push(...(await rows(UNEXPLAINED)).map(({ reference }) => `the grant ${reference} is for nothing`));
  return faults;
}

function stateFaults(row: Row, found: readonly TheirSubscription[]): string[] {
  const { id, status, provider_subscription_id: providerId } = row;
  if (found.length > 1) return [`${id} was begun ${found.length} times`];
  const [one] = found;
  if (!one) return status === "canceled" ? [] : [`${id} is ${status}, and the company has none`];
  const faults: string[] = [];
  if (!one.states.includes(String(status))) faults.push(`${id} is ${status}, not ${one.states.join(" or ")}`);
  if (!one.live) return faults;
  if (providerId !== one.id) faults.push(`${id} names ${providerId}, the company ${one.id}`);
  if (one.quantity !== Number(row.quantity) && one.quantity !== Number(row.next_quantity))
    faults.push(`${id} is of ${row.quantity}, the company's of ${one.quantity}`);
  const end = row.period_end ? new Date(row.period_end).getTime() : null;
  if (one.periodEnd !== null && end !== one.periodEnd.getTime())
    faults.push(
      `${id} has its period end at ${row.period_end}, the company at ${one.periodEnd.toISOString()}`,
    );
  return faults;
}

/** What must always be true of the books, and the SQL that looks for what breaks it; $1 is an organization or null for all. */
export type InvariantName = "zero_sum" | "balances" | "no_overdraft" | "held" | "grants" | "costs";

const FAULTS = 20;

/** `rows` yields `name` and `broken` for each thing looked at. */
const report = (rows: string): string => `
  with looked_at as (${rows})
  select count(*)::int as checked, (count(*) filter (where broken))::int as fault_count,
         (array_agg(name order by name) filter (where broken))[1:${FAULTS}] as faults
  from looked_at`;

const OURS = "($1::text is null or org_id = $1)";
const BOOK = "org_id || '/' || mode || '/' || unit";

/** One row per book (organization, mode, unit) that has a wallet. */
const BOOKS = `
  select b.org_id, b.mode, b.unit,
    coalesce(sum(b.balance) filter (where account = 'wallet'), 0) as wallet,
    coalesce(sum(b.balance) filter (where account = 'held'), 0) as held,
    coalesce(sum(b.balance) filter (where account = 'used'), 0) as used,
    coalesce(sum(b.balance) filter (where account = 'clawback'), 0) as clawback,
    coalesce(sum(b.carry_atto) filter (where account = 'wallet'), 0) as carry
  from ledger.balances b where ${OURS}
  group by b.org_id, b.mode, b.unit
  having bool_or(account = 'wallet')`;

const GRANTS = `
  select org_id, mode, unit, sum(remaining) as remaining, sum(held) as held from ledger.grants
  where ${OURS} and exhausted_at is null group by org_id, mode, unit`;

const HOLDS = `
  select org_id, mode, unit,
    coalesce(sum(amount) filter (where state in ('pending', 'expired')), 0) as open,
    coalesce(sum(cost_atto), 0) as cost
  from ledger.holds where ${OURS} group by org_id, mode, unit`;

export const INVARIANTS: readonly { name: InvariantName; statement: string; sql: string }[] = [
  {
    name: "zero_sum",
    statement: "The entries of each transaction sum to zero per unit, and no transaction is without entries.",
    sql: report(`
      select t.org_id || '/' || t.id as name,
        not exists (select from ledger.entries e where e.org_id = t.org_id and e.transaction_id = t.id)
        or exists (select from ledger.entries e where e.org_id = t.org_id and e.transaction_id = t.id
                   group by e.unit having sum(e.amount) <> 0) as broken
      from ledger.transactions t where ${OURS}`),
  },
  {
    name: "balances",
    statement: "Each balance is the sum of its account's entries.",
    sql: report(`
      select coalesce(b.org_id, e.org_id) || '/' || coalesce(b.mode, e.mode) || '/' || coalesce(b.unit, e.unit)
               || '/' || coalesce(b.account, e.account) as name,
        coalesce(b.balance, 0) <> coalesce(e.amount, 0) as broken
      from (select * from ledger.balances where ${OURS}) b
      full join (select org_id, mode, unit, account, sum(amount) as amount from ledger.entries where ${OURS}
                 group by org_id, mode, unit, account) e using (org_id, mode, unit, account)`),
  },
  {
    name: "no_overdraft",
    statement: "A wallet is below zero by no more than was clawed back.",
    sql: report(`select ${BOOK} as name, wallet < 0 and -wallet > clawback as broken from (${BOOKS}) books`),
  },
  {
    name: "held",
    statement: "What is held is the sum of the open holds, and of the parts of grants set aside for them.",
    sql: report(`
      select ${BOOK} as name,
        books.held <> coalesce(h.open, 0) or books.held <> coalesce(g.held, 0) as broken
      from (${BOOKS}) books
      left join (${HOLDS}) h using (org_id, mode, unit) left join (${GRANTS}) g using (org_id, mode, unit)`),
  },
  {
    name: "grants",
    statement: "Wallet and held together are what is left of the grants, less the debt.",
    sql: report(`
      select ${BOOK} as name,
        wallet + books.held <> coalesce(g.remaining, 0) - greatest(0, -wallet) as broken
      from (${BOOKS}) books left join (${GRANTS}) g using (org_id, mode, unit)`),
  },
  {
    name: "costs",
    statement: "What was used, with the carried fraction, is exactly what the settled holds cost.",
    sql: report(`
      select ${BOOK} as name, used * 10000000000 + carry <> coalesce(h.cost, 0) as broken
      from (${BOOKS}) books left join (${HOLDS}) h using (org_id, mode, unit)`),
  },
];

import type { Tx } from "../../platform/db/index.ts";
import { newId, type OrgId } from "../../platform/ids.ts";
import { numberArray, textArray } from "./book/arrays.ts";
import { assert } from "../../platform/problem.ts";
import { checkPosting, type Posting } from "./book/entry.ts";
import { findTransactions } from "./reading/read-transactions.ts";

/** The counter of transactions by kind. */
export const POSTS = "ledger_posts_total";

export type Posted = { reference: string; transactionId: string; posted: boolean };

/** Skipped references add no entries and move no balance; balances are locked in the order of their key. */
const POST = `
  with added as (
    insert into ledger.transactions (org_id, id, mode, kind, reference, posted_at)
    select $1::text, id, mode, kind, reference, $2::timestamptz
    from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as t (id, mode, kind, reference)
    order by reference
    on conflict (org_id, reference) do nothing
    returning id, mode
  ), moved as (
    select e.transaction_id, e.position, a.mode, e.account, e.unit, e.amount
    from unnest($7::text[], $8::smallint[], $9::text[], $10::text[], $11::bigint[])
      as e (transaction_id, position, account, unit, amount)
    join added a on a.id = e.transaction_id
  ), added_entries as (
    insert into ledger.entries (org_id, transaction_id, position, mode, account, unit, amount)
    select $1::text, transaction_id, position, mode, account, unit, amount from moved
    order by transaction_id, position
  ), changed_balances as (
    insert into ledger.balances (org_id, account, unit, mode, balance)
    select $1::text, account, unit, mode, sum(amount)::bigint from moved
    group by account, unit, mode order by account, unit, mode
    on conflict (org_id, account, unit, mode) do update set balance = balances.balance + excluded.balance
  )
  select id from added`;

/**
 * Posts transactions in the caller's `tx`, as one statement. A reference that exists is skipped (`posted: false`, the
 * first transaction's id). Locks the balances it changes, sorted; a caller that also grants or holds posts first.
 */
export async function post(tx: Tx, org: OrgId, postings: readonly Posting[], now: Date): Promise<Posted[]> {
  if (postings.length === 0) return [];
  for (const posting of postings) checkPosting(posting);
  const drafts = new Map<string, Posting & { id: string }>();
  for (const posting of postings) {
    if (!drafts.has(posting.reference)) drafts.set(posting.reference, { ...posting, id: newId("txn") });
  }
  const rows = await tx.query<{ id: string }>("ledger.post", POST, [
    org,
    now,
    ...columns([...drafts.values()]),
  ]);
  const added = new Set(rows.map(({ id }) => id));
  for (const { id, kind } of drafts.values()) if (added.has(id)) tx.count(POSTS, kind);
  const known = await findTransactions(
    tx,
    org,
    [...drafts.values()].filter(({ id }) => !added.has(id)).map(({ reference }) => reference),
  );
  return postings.map(({ reference }) => {
    const id = drafts.get(reference)?.id;
    // The same reference twice in one call: the first posts, the second is told of it.
    const posted = id !== undefined && added.delete(id);
    const transactionId = known.get(reference) ?? id;
    assert(transactionId, "a reference that was not posted exists");
    return { reference, transactionId, posted };
  });
}

function columns(drafts: readonly (Posting & { id: string })[]): string[] {
  const entries = drafts.flatMap(({ id, entries }) =>
    entries.map((entry, position) => ({ id, position, ...entry })),
  );
  return [
    textArray(drafts.map(({ id }) => id)),
    textArray(drafts.map(({ mode }) => mode)),
    textArray(drafts.map(({ kind }) => kind)),
    textArray(drafts.map(({ reference }) => reference)),
    textArray(entries.map(({ id }) => id)),
    numberArray(entries.map(({ position }) => position)),
    textArray(entries.map(({ account }) => account)),
    textArray(entries.map(({ unit }) => unit)),
    numberArray(entries.map(({ amount }) => amount)),
  ];
}

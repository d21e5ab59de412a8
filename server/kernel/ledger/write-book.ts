/** Writes what a planned book changed, as one statement. SQL only. */
import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { numberArray, textArray, timeArray } from "./arrays.ts";
import type { Book, BookGrant, BookHold } from "./book.ts";

/**
 * Everything a batch changes, in one round trip. Nothing in it touches a row twice; inserts come sorted by their key,
 * balances are locked in the order of their accounts.
 */
const WRITE = `
  with added_transactions as (
    insert into ledger.transactions (org_id, id, mode, kind, reference, posted_at)
    select $1::text, id, $2::text, kind, reference, $4::timestamptz
    from unnest($5::text[], $6::text[], $7::text[]) as t (id, kind, reference)
  ), added_entries as (
    insert into ledger.entries (org_id, transaction_id, position, mode, account, unit, amount)
    select $1::text, transaction_id, position, $2::text, account, $3::text, amount
    from unnest($8::text[], $9::smallint[], $10::text[], $11::bigint[]) as e (transaction_id, position, account, amount)
  ), changed_balances as (
    insert into ledger.balances (org_id, account, unit, mode, balance, carry_atto)
    select $1::text, account, $3::text, $2::text, amount, carry
    from unnest($12::text[], $13::bigint[], $14::bigint[]) as b (account, amount, carry)
    order by account
    on conflict (org_id, account, unit, mode)
    do update set balance = balances.balance + excluded.balance, carry_atto = excluded.carry_atto
  ), changed_grants as (
    update ledger.grants g
    set remaining = c.remaining, held = c.held, clawed_back = c.clawed_back, claw_pending = c.claw_pending,
        expired_at = c.expired_at,
        exhausted_at = case when c.remaining = 0 then coalesce(g.exhausted_at, $4::timestamptz) end
    from unnest($15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::timestamptz[])
      as c (id, remaining, held, clawed_back, claw_pending, expired_at)
    where g.org_id = $1::text and g.id = c.id
  ), changed_holds as (
    update ledger.holds h
    set state = c.state, captured = c.captured, written_off = c.written_off, cost_atto = c.cost_atto, basis = c.basis,
        loss_account = c.loss_account, transaction_id = c.transaction_id, settled_at = coalesce(h.settled_at, $4::timestamptz)
    from unnest($21::text[], $22::text[], $23::bigint[], $24::bigint[], $25::numeric[], $26::text[], $27::text[], $28::text[])
      as c (id, state, captured, written_off, cost_atto, basis, loss_account, transaction_id)
    where h.org_id = $1::text and h.id = c.id
  ), added_holds as (
    insert into ledger.holds (org_id, id, mode, unit, owner, amount, state, deadline_at, created_at)
    select $1::text, id, $2::text, $3::text, owner, amount, 'pending', deadline_at, $4::timestamptz
    from unnest($29::text[], $30::text[], $31::bigint[], $32::timestamptz[]) as h (id, owner, amount, deadline_at)
  )
  insert into ledger.hold_grants (org_id, hold_id, position, grant_id, amount)
  select $1::text, hold_id, position, grant_id, amount
  from unnest($33::text[], $34::smallint[], $35::text[], $36::bigint[]) as p (hold_id, position, grant_id, amount)`;

const ADD_GRANTS = `
  insert into ledger.grants
    (org_id, id, mode, unit, kind, priority, reference, amount, remaining, expires_at, created_at, exhausted_at)
  select $1::text, id, $2::text, $3::text, kind, priority, reference, amount, remaining, expires_at, $4::timestamptz,
         case when remaining = 0 then $4::timestamptz end
  from unnest($5::text[], $6::text[], $7::smallint[], $8::text[], $9::bigint[], $10::bigint[], $11::timestamptz[])
    as g (id, kind, priority, reference, amount, remaining, expires_at)
  order by reference`;

const DROP_PARTS = `delete from ledger.hold_grants where org_id = $1 and hold_id = any($2::text[])`;

export async function writeBook(tx: Tx, org: OrgId, book: Book): Promise<void> {
  const { mode, unit, now } = book;
  if (book.newGrants.length > 0) {
    await tx.query("ledger.add_grants", ADD_GRANTS, [
      org,
      mode,
      unit,
      now,
      ...newGrantColumns(book.newGrants),
    ]);
  }
  if (book.rewrittenParts.size > 0) {
    const ids = [...book.rewrittenParts].map((hold) => hold.id);
    await tx.query("ledger.drop_parts", DROP_PARTS, [org, textArray(ids)]);
  }
  if (book.drafts.length === 0 && book.changedGrants.size === 0 && book.changedHolds.size === 0) return;
  await tx.query("ledger.write_book", WRITE, [
    org,
    mode,
    unit,
    now,
    ...draftColumns(book),
    ...balanceColumns(book),
    ...grantColumns([...book.changedGrants].filter((grant) => !book.newGrants.includes(grant))),
    ...holdColumns([...book.changedHolds]),
    ...newHoldColumns(book.newHolds),
    ...partColumns(book),
  ]);
}

function draftColumns({ drafts }: Book): string[] {
  const ids: string[] = [];
  const positions: number[] = [];
  const accounts: string[] = [];
  const amounts: bigint[] = [];
  for (const draft of drafts) {
    draft.entries.forEach((entry, position) => {
      ids.push(draft.id);
      positions.push(position);
      accounts.push(entry.account);
      amounts.push(entry.amount);
    });
  }
  return [
    textArray(drafts.map((draft) => draft.id)),
    textArray(drafts.map((draft) => draft.kind)),
    textArray(drafts.map((draft) => draft.reference)),
    textArray(ids),
    numberArray(positions),
    textArray(accounts),
    numberArray(amounts),
  ];
}

/** The wallet's row is always among them: it carries the fraction. */
function balanceColumns(book: Book): string[] {
  const moved = new Map<string, bigint>([["wallet", 0n]]);
  for (const { entries } of book.drafts) {
    for (const { account, amount } of entries) moved.set(account, (moved.get(account) ?? 0n) + amount);
  }
  const accounts = [...moved.keys()];
  return [
    textArray(accounts),
    numberArray([...moved.values()]),
    numberArray(accounts.map((account) => (account === "wallet" ? book.carryAtto : 0n))),
  ];
}

function newGrantColumns(grants: readonly BookGrant[]): string[] {
  return [
    textArray(grants.map((grant) => grant.id)),
    textArray(grants.map((grant) => grant.kind)),
    numberArray(grants.map((grant) => grant.priority)),
    textArray(grants.map((grant) => grant.reference)),
    numberArray(grants.map((grant) => grant.amount)),
    numberArray(grants.map((grant) => grant.remaining)),
    timeArray(grants.map((grant) => grant.expiresAt)),
  ];
}

function grantColumns(grants: readonly BookGrant[]): string[] {
  return [
    textArray(grants.map((grant) => grant.id)),
    numberArray(grants.map((grant) => grant.remaining)),
    numberArray(grants.map((grant) => grant.held)),
    numberArray(grants.map((grant) => grant.clawedBack)),
    numberArray(grants.map((grant) => grant.clawPending)),
    timeArray(grants.map((grant) => grant.expiredAt)),
  ];
}

function holdColumns(holds: readonly BookHold[]): string[] {
  return [
    textArray(holds.map((hold) => hold.id)),
    textArray(holds.map((hold) => hold.state)),
    numberArray(holds.map((hold) => hold.captured)),
    numberArray(holds.map((hold) => hold.writtenOff)),
    numberArray(holds.map((hold) => hold.costAtto)),
    textArray(holds.map((hold) => hold.basis)),
    textArray(holds.map((hold) => hold.lossAccount)),
    textArray(holds.map((hold) => hold.transactionId)),
  ];
}

function newHoldColumns(holds: readonly BookHold[]): string[] {
  return [
    textArray(holds.map((hold) => hold.id)),
    textArray(holds.map((hold) => hold.owner)),
    numberArray(holds.map((hold) => hold.amount)),
    timeArray(holds.map((hold) => hold.deadlineAt)),
  ];
}

/** All parts of new and rewritten holds, and what others gained. */
function partColumns(book: Book): string[] {
  const ids: string[] = [];
  const positions: number[] = [];
  const grants: string[] = [];
  const amounts: bigint[] = [];
  const add = (hold: BookHold, from: number) => {
    for (const [position, part] of hold.parts.entries()) {
      if (position < from) continue;
      ids.push(hold.id);
      positions.push(position);
      grants.push(part.grantId);
      amounts.push(part.amount);
    }
  };
  for (const hold of book.newHolds) add(hold, 0);
  for (const hold of book.rewrittenParts) add(hold, 0);
  for (const [hold, from] of book.addedParts) if (!book.rewrittenParts.has(hold)) add(hold, from);
  return [textArray(ids), numberArray(positions), textArray(grants), numberArray(amounts)];
}

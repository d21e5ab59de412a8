/** Writes what a planned book changed, as one statement. SQL only. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { numberArray, textArray, timeArray } from "./arrays.ts";
import { POSTS } from "../post.ts";
import type { Book, BookGrant, BookHold } from "./book.ts";

/**
 * Everything a batch changes, in one round trip. Nothing in it touches a row twice; balances are locked in the order of
 * their accounts. New and changed rows alike are upserts: these are found by the primary key whatever the planner thinks
 * of the tables' sizes, where an update joined to the arrays was seen to scan all holds.
 */
const WRITE = `
  with posted as (
    insert into ledger.transactions (org_id, id, mode, kind, reference, posted_at)
    select $1::text, id, $2::text, kind, reference, $4::timestamptz
    from unnest($5::text[], $6::text[], $7::text[]) as t (id, kind, reference)
  ), moved as (
    insert into ledger.entries (org_id, transaction_id, position, mode, account, unit, amount)
    select $1::text, transaction_id, position, $2::text, account, $3::text, amount
    from unnest($8::text[], $9::smallint[], $10::text[], $11::bigint[])
      as e (transaction_id, position, account, amount)
  ), balanced as (
    insert into ledger.balances (org_id, account, unit, mode, balance, carry_atto, low_at)
    select $1::text, account, $3::text, $2::text, amount, carry, low
    from unnest($12::text[], $13::bigint[], $14::bigint[], $42::bigint[]) as b (account, amount, carry, low)
    order by account
    on conflict (org_id, account, unit, mode)
    do update set balance = balances.balance + excluded.balance, carry_atto = excluded.carry_atto,
      low_at = excluded.low_at
  ), granted as (
    insert into ledger.grants (org_id, mode, unit, id, reference, kind, priority, amount, expires_at, created_at,
      remaining, held, clawed_back, claw_pending, expired_at, exhausted_at)
    select $1::text, $2::text, $3::text, g.*, case when remaining = 0 then $4::timestamptz end
    from unnest($15::text[], $16::text[], $17::text[], $18::smallint[], $19::bigint[], $20::timestamptz[],
      $21::timestamptz[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::timestamptz[])
      as g (id, reference, kind, priority, amount, expires_at, created_at, remaining, held, clawed_back, claw_pending,
        expired_at)
    on conflict (org_id, id) do update
    set remaining = excluded.remaining, held = excluded.held, clawed_back = excluded.clawed_back,
        claw_pending = excluded.claw_pending, expired_at = excluded.expired_at, exhausted_at = excluded.exhausted_at
  ), held as (
    insert into ledger.holds (org_id, mode, unit, created_at, id, owner, amount, deadline_at, state, captured,
      written_off, cost_atto, basis, loss_account, transaction_id, settled_at)
    select $1::text, $2::text, $3::text, $4::timestamptz, h.*, case when basis is not null then $4::timestamptz end
    from unnest($27::text[], $28::text[], $29::bigint[], $30::timestamptz[], $31::text[], $32::bigint[],
      $33::bigint[], $34::numeric[], $35::text[], $36::text[], $37::text[])
      as h (id, owner, amount, deadline_at, state, captured, written_off, cost_atto, basis, loss_account,
        transaction_id)
    on conflict (org_id, id) do update
    set state = excluded.state, captured = excluded.captured, written_off = excluded.written_off,
        cost_atto = excluded.cost_atto, basis = excluded.basis, loss_account = excluded.loss_account,
        transaction_id = excluded.transaction_id, settled_at = excluded.settled_at
  )
  insert into ledger.hold_grants (org_id, hold_id, position, grant_id, amount)
  select $1::text, hold_id, position, grant_id, amount
  from unnest($38::text[], $39::smallint[], $40::text[], $41::bigint[]) as p (hold_id, position, grant_id, amount)`;

const DROP_PARTS = `delete from ledger.hold_grants where org_id = $1 and hold_id = any($2::text[])`;

/** Sends all it has to write at once, so that it may be a transaction's last. */
export async function writeBook(tx: Tx, org: OrgId, book: Book): Promise<void> {
  const { mode, unit, now } = book;
  // A hold of nothing moves nothing, and is written all the same.
  const holds = book.newHolds.length + book.changedHolds.size;
  if (book.drafts.length === 0 && holds === 0 && book.changedGrants.size === 0) return;
  for (const { kind } of book.drafts) tx.count(POSTS, kind);
  const statements: Promise<unknown>[] = [];
  if (book.rewrittenParts.size > 0) {
    const ids = [...book.rewrittenParts].map((hold) => hold.id);
    statements.push(tx.query("ledger.drop_parts", DROP_PARTS, [org, textArray(ids)]));
  }
  const balances = balanceColumns(book);
  const values = [
    org,
    mode,
    unit,
    now,
    ...draftColumns(book),
    ...balances.slice(0, 3),
    ...grantColumns([...new Set([...book.newGrants, ...book.changedGrants])]),
    ...holdColumns([...new Set([...book.newHolds, ...book.changedHolds])]),
    ...partColumns(book),
    ...balances.slice(3),
  ];
  await Promise.all([...statements, tx.query("ledger.write_book", WRITE, values)]);
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

/** The wallet's row is always among them: it carries the fraction, and the mark below which little is left. */
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
    numberArray(accounts.map((account) => (account === "wallet" ? book.lowAt : 0n))),
  ];
}

function grantColumns(grants: readonly BookGrant[]): string[] {
  return [
    textArray(grants.map((grant) => grant.id)),
    textArray(grants.map((grant) => grant.reference)),
    textArray(grants.map((grant) => grant.kind)),
    numberArray(grants.map((grant) => grant.priority)),
    numberArray(grants.map((grant) => grant.amount)),
    timeArray(grants.map((grant) => grant.expiresAt)),
    timeArray(grants.map((grant) => grant.createdAt)),
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
    textArray(holds.map((hold) => hold.owner)),
    numberArray(holds.map((hold) => hold.amount)),
    timeArray(holds.map((hold) => hold.deadlineAt)),
    textArray(holds.map((hold) => hold.state)),
    numberArray(holds.map((hold) => hold.captured)),
    numberArray(holds.map((hold) => hold.writtenOff)),
    numberArray(holds.map((hold) => hold.costAtto)),
    textArray(holds.map((hold) => hold.basis)),
    textArray(holds.map((hold) => hold.lossAccount)),
    textArray(holds.map((hold) => hold.transactionId)),
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

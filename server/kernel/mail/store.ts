/** SQL of the outbox. Every write to a claimed row names the claim, so that a lapsed lease changes nothing. */
import type { MailOutbox } from "../../../db/rows.ts";
import type { Narrowed, Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import type { MailId, Ref } from "./letter.ts";

type Row = Narrowed<MailOutbox, { id: MailId }>;

export type Claimed = Pick<Row, "id" | "kind" | "address" | "attempts"> & {
  orgId: OrgId | null;
  ref: Ref;
  createdAt: Date;
};

/** What the company told after it took a mail; `late`: not yet delivered. */
export type Fate = "delivered" | "late" | "failed" | "bounced" | "complained";

/** How one attempt ended. */
export type Outcome = {
  state: "waiting" | "sent" | "unwanted" | "failed";
  nextAttemptAt: Date | null;
  companyId: string | null;
  errorCode: string | null;
};

export async function insertMail(
  tx: Tx,
  mail: { id: MailId; kind: string; address: string; orgId: OrgId | null; ref: Ref; at: Date },
): Promise<void> {
  await tx.query(
    "mail.insert",
    `insert into mail.outbox (id, kind, address, org_id, ref, created_at, next_attempt_at)
     values ($1, $2, $3, $4, $5, $6, $6)`,
    [mail.id, mail.kind, mail.address, mail.orgId, JSON.stringify(mail.ref), mail.at],
  );
}

/** Any number; it names "one claim at a time" across all processes. */
const CLAIM_LOCK = 4_815_162_343;

const CLAIM = `
  with room as (
    select greatest(0, least(
      $3 - (select count(*) from mail.outbox where started_at > clock_timestamp() - interval '1 second'),
      $4 - (select count(*) from mail.outbox where state = 'sending'))) as n
  ), next as (
    select id from mail.outbox where state = 'waiting' and next_attempt_at <= $1
    order by next_attempt_at, id limit (select n from room) for update skip locked
  )
  update mail.outbox o set state = 'sending', attempts = o.attempts + 1, claim = $2, started_at = clock_timestamp(),
    lease_until = clock_timestamp() + $5 * interval '1 millisecond'
  from next where o.id = next.id
  returning o.id, o.kind, o.address, o.org_id as "orgId", o.ref, o.attempts, o.created_at as "createdAt"`;

/**
 * Takes what is due, oldest first: no more than `perSecond` in any second and `atOnce` at a time, over all processes. The
 * lock makes the two counts exact. What a dead process held is first put back.
 */
export async function claimMails(
  tx: Tx,
  claim: { id: string; now: Date; perSecond: number; atOnce: number; leaseMs: number },
): Promise<Claimed[]> {
  await tx.query("mail.claim_lock", `select pg_advisory_xact_lock(${CLAIM_LOCK})`);
  await tx.query(
    "mail.lapsed",
    `update mail.outbox set state = 'waiting', claim = null, lease_until = null
     where state = 'sending' and lease_until < clock_timestamp()`,
  );
  return tx.query<Claimed>("mail.claim", CLAIM, [
    claim.now,
    claim.id,
    claim.perSecond,
    claim.atOnce,
    claim.leaseMs,
  ]);
}

export async function renewMails(tx: Tx, claim: string, leaseMs: number): Promise<void> {
  await tx.query(
    "mail.renew",
    `update mail.outbox set lease_until = clock_timestamp() + $2 * interval '1 millisecond'
     where state = 'sending' and claim = $1`,
    [claim, leaseMs],
  );
}

/** Writes how an attempt ended; false when another process had taken the mail over. */
export async function finishMail(
  tx: Tx,
  claim: string,
  id: MailId,
  { state, nextAttemptAt, companyId, errorCode }: Outcome,
  now: Date,
): Promise<boolean> {
  const rows = await tx.query(
    "mail.finish",
    `update mail.outbox set state = $3, next_attempt_at = coalesce($4, next_attempt_at),
       company_id = coalesce($5, company_id), error_code = $6, claim = null, lease_until = null,
       finished_at = case when $3 = 'waiting' then null else $7::timestamptz end
     where id = $1 and claim = $2 and state = 'sending' returning id`,
    [id, claim, state, nextAttemptAt, companyId, errorCode, now],
  );
  return rows.length > 0;
}

/** Gives a mail back as it was: the process is being stopped. */
export async function releaseMail(tx: Tx, claim: string, id: MailId): Promise<void> {
  await tx.query(
    "mail.release",
    `update mail.outbox set state = 'waiting', attempts = greatest(attempts - 1, 0), claim = null, lease_until = null
     where id = $1 and claim = $2 and state = 'sending'`,
    [id, claim],
  );
}

/** Notes what became of a mail. The kind if that is news; null when it or something graver is known, or the mail is not ours. */
export async function noteFate(tx: Tx, id: string, fate: Fate): Promise<string | null> {
  const [row] = await tx.query<{ kind: string }>(
    "mail.fate",
    `with fates (fate, weight) as (values ('late', 1), ('delivered', 2), ('failed', 3), ('bounced', 4), ('complained', 5))
     update mail.outbox o set fate = $2
     where id = $1 and coalesce((select weight from fates f where f.fate = o.fate), 0) < (select weight from fates f where f.fate = $2)
     returning kind`,
    [id, fate],
  );
  return row?.kind ?? null;
}

export async function countWaiting(tx: Tx, now: Date): Promise<{ waiting: number; oldest_seconds: number }> {
  const [row] = await tx.query<{ waiting: number; oldest_seconds: number }>(
    "mail.waiting",
    `select count(*)::int as waiting,
       coalesce(greatest(extract(epoch from $1 - min(created_at)), 0), 0)::int as oldest_seconds
     from mail.outbox where state in ('waiting', 'sending')`,
    [now],
  );
  return row ?? { waiting: 0, oldest_seconds: 0 };
}

/** Deletes what ended before `before`, at most `limit`; how many. */
export async function deleteEnded(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "mail.purge",
    `delete from mail.outbox where id in
       (select id from mail.outbox where finished_at < $1 order by finished_at limit $2) returning id`,
    [before, limit],
  );
  return rows.length;
}

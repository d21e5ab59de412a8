import { addMs, type Clock } from "../../../platform/clock.ts";
import { withOperatorTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mail } from "../../mail/index.ts";
import { ownersOf } from "../../tenancy/index.ts";
import type { Mode } from "../book/entry.ts";
import { lockWallets } from "../book/load-book.ts";

const AHEAD_MS = 7 * 86_400_000;
const AT_ONCE = 200;
export const EXPIRING_MAIL = "ledger.credits_expiring";

/** What comes with a plan comes and goes with its months: nobody is told of those, nor of other grants that short. */
const UNTOLD = `expires_at > $1 and expires_at <= $2 and expiry_told_at is null and exhausted_at is null
  and expired_at is null and kind not in ('plan', 'trial') and unit = 'credit' and remaining > held
  and expires_at - created_at > interval '31 days'`;

/** Tells owners once of credits that are bought or given and end within 7 days. True when there may be more. */
export async function tellExpiring({
  db,
  clock,
  mail,
}: {
  db: Db;
  clock: Clock;
  mail: Pick<Mail, "send">;
}): Promise<boolean> {
  const now = clock.now();
  const until = addMs(now, AHEAD_MS);
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId }>(
      "ledger.grants_untold",
      `select distinct org_id from (select org_id from ledger.grants where ${UNTOLD} limit $3) due order by org_id`,
      [now, until, AT_ONCE],
    ),
  );
  for (const { org_id: org } of due)
    await withTx(db, org, async (tx) => {
      // Grants change under their wallets' lock only.
      await lockWallets(tx, org, []);
      const told = await tx.query<{ mode: Mode }>(
        "ledger.grants_told",
        `update ledger.grants set expiry_told_at = $1 where org_id = $3 and ${UNTOLD} returning mode`,
        [now, until, org],
      );
      for (const mode of new Set(told.map((row) => row.mode)))
        for (const { email } of await ownersOf(tx, org))
          await mail.send(tx, { kind: EXPIRING_MAIL, to: email, ref: { mode, until: until.toISOString() } });
    });
  return due.length === AT_ONCE;
}

/** What ends until then, as it is when the mail leaves. */
export async function sumExpiring(
  tx: Tx,
  org: OrgId,
  { mode, now, until }: { mode: string; now: Date; until: Date },
): Promise<{ amount: bigint; first: Date } | null> {
  const [row] = await tx.query<{ amount: bigint | null; first: Date | null }>(
    "ledger.expiring",
    `select sum(remaining)::bigint as amount, min(expires_at) as first from ledger.grants
     where org_id = $1 and mode = $2 and unit = 'credit' and kind not in ('plan', 'trial') and exhausted_at is null
       and expired_at is null and expires_at > $3 and expires_at <= $4
       and expires_at - created_at > interval '31 days'`,
    [org, mode, now, until],
  );
  return row?.amount && row.first ? { amount: row.amount, first: row.first } : null;
}

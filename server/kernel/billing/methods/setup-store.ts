/** SQL of wallets that are about to be kept. */
import type { BillingMethodSetups } from "../../../../db/rows.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

export type SetupRow = Pick<BillingMethodSetups, "id" | "provider_setup_id" | "expires_at">;

/** There already: nothing happens. */
export async function insertSetup(
  tx: Tx,
  org: OrgId,
  row: SetupRow & Pick<BillingMethodSetups, "mode" | "account_id" | "asked_at">,
): Promise<void> {
  await tx.query(
    "billing.setup_insert",
    `insert into billing.method_setups (org_id, id, mode, account_id, provider_setup_id, expires_at, asked_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (org_id, id) do nothing`,
    [org, row.id, row.mode, row.account_id, row.provider_setup_id, row.expires_at, row.asked_at],
  );
}

/** Of one organization, not asked for since. */
export function findOpenSetups(
  tx: Tx,
  org: OrgId,
  accountId: string,
  before: Date,
  limit: number,
): Promise<SetupRow[]> {
  return tx.query(
    "billing.setups_open",
    `select id, provider_setup_id, expires_at from billing.method_setups
     where org_id = $1 and account_id = $2 and done_at is null and asked_at < $3 order by asked_at limit $4`,
    [org, accountId, before, limit],
  );
}

/** The same across tenants (operator's role); the longest silent first. */
export function listSilentSetups(
  tx: Tx,
  accountId: string,
  before: Date,
  limit: number,
): Promise<(SetupRow & { org_id: OrgId })[]> {
  return tx.query(
    "billing.setups_silent",
    `select org_id, id, provider_setup_id, expires_at from billing.method_setups
     where account_id = $1 and done_at is null and asked_at < $2 order by asked_at limit $3`,
    [accountId, before, limit],
  );
}

export async function askedSetup(tx: Tx, org: OrgId, id: string, now: Date, isDone: boolean): Promise<void> {
  await tx.query(
    "billing.setup_asked",
    `update billing.method_setups set asked_at = $3, done_at = case when $4 then $3 else done_at end
     where org_id = $1 and id = $2`,
    [org, id, now, isDone],
  );
}

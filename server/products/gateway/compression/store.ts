/** SQL of the summaries of conversations, and of what compression saved. */
import { withOperatorTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

export type SummaryRow = { hash: Buffer; sealed: Buffer };

/** Those that are there, in no order; they count as used now. */
export function useSummaries(
  tx: Tx,
  org: OrgId,
  hashes: readonly Buffer[],
  now: Date,
): Promise<SummaryRow[]> {
  return tx.query(
    "gateway.summaries_use",
    `update gateway.summaries set used_at = greatest(used_at, $3) where org_id = $1 and hash = any($2::bytea[])
     returning hash, sealed`,
    [org, hashes, now],
  );
}

export async function keepSummary(
  tx: Tx,
  org: OrgId,
  { hash, sealed, ownerId, now }: SummaryRow & { ownerId: string; now: Date },
): Promise<void> {
  await tx.query(
    "gateway.summaries_keep",
    `insert into gateway.summaries (org_id, hash, owner_id, sealed, used_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [org, hash, ownerId, sealed, now],
  );
}

/** One person's, or without one all of the organization's. */
export async function deleteSummaries(tx: Tx, org: OrgId, ownerId: string | null): Promise<void> {
  await tx.query(
    "gateway.summaries_erase",
    "delete from gateway.summaries where org_id = $1 and ($2::text is null or owner_id = $2)",
    [org, ownerId],
  );
}

const AT_ONCE = 500;

/** Deletes some that were not used since, of all organizations; true when there may be more. */
export async function deleteUnused(db: Db, since: Date): Promise<boolean> {
  const due = await withOperatorTx(db, (tx) =>
    tx.query<{ org_id: OrgId; hashes: Buffer[] }>(
      "gateway.summaries_unused",
      `select org_id, array_agg(hash) as hashes from (
         select org_id, hash from gateway.summaries where used_at < $1 order by used_at limit $2) old
       group by org_id order by org_id`,
      [since, AT_ONCE],
    ),
  );
  for (const { org_id: org, hashes } of due)
    await withTx(db, org, (tx) =>
      tx.query(
        "gateway.summaries_forget",
        "delete from gateway.summaries where org_id = $1 and hash = any($2::bytea[]) and used_at < $3",
        [org, hashes, since],
      ),
    );
  return due.length > 0;
}

/** What a shortened prompt saved. */
export type Shortened = {
  tokensBefore: number;
  tokensAfter: number;
  /** Paid in this call for a summary that was not there yet. */
  summaryCostMicros: bigint;
  /** By counts and prices, less the summary; below zero where that pays off in later calls alone. */
  netSavingMicros: bigint;
};

/** Sends all it has to write at once, so that it may be a transaction's last. */
export async function noteShortened(
  tx: Tx,
  org: OrgId,
  rows: readonly { requestId: string; at: Date; shortened: Shortened }[],
): Promise<void> {
  if (rows.length === 0) return;
  const json = rows.map(({ requestId, at, shortened }) => ({
    request_id: requestId,
    created_at: at,
    tokens_before: shortened.tokensBefore,
    tokens_after: shortened.tokensAfter,
    summary_cost_micros: shortened.summaryCostMicros.toString(),
    net_saving_micros: shortened.netSavingMicros.toString(),
  }));
  await tx.query(
    "gateway.compressions_note",
    `insert into gateway.compressions (org_id, request_id, tokens_before, tokens_after, summary_cost_micros,
       net_saving_micros, created_at)
     select $1, request_id, tokens_before, tokens_after, summary_cost_micros, net_saving_micros, created_at
     from json_to_recordset($2::json) as c (request_id text, tokens_before bigint, tokens_after bigint,
       summary_cost_micros bigint, net_saving_micros bigint, created_at timestamptz)
     on conflict do nothing`,
    [org, JSON.stringify(json)],
  );
}

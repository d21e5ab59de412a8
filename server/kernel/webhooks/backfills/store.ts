import type { Tx } from "../../../platform/db/index.ts";

/** Per account, how far its reading lies behind. */
export function listLags(tx: Tx, now: Date): Promise<{ account: string; seconds: number }[]> {
  return tx.query(
    "webhooks.lags",
    `select n.account_id as account, greatest(0, extract(epoch from $1::timestamptz - c.read_until))::int as seconds
     from webhooks.cursors c join webhooks.endpoints n on n.id = c.endpoint_id where n.deleted_at is null`,
    [now],
  );
}

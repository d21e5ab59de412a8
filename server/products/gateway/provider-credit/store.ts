/** SQL of what is left to spend at providers. */
import type { Tx } from "../../../platform/db/index.ts";

export type CreditRow = { provider: string; left_usd: string; low: boolean; asked_at: Date };

/**
 * Notes what an account said; what was known before, null for the first time. Undefined when another process has noted an
 * answer meanwhile that is as new.
 */
export async function noteCredit(tx: Tx, row: CreditRow): Promise<Pick<CreditRow, "low"> | null | undefined> {
  const [known] = await tx.query<Pick<CreditRow, "low" | "asked_at">>(
    "gateway.credit_lock",
    "select low, asked_at from gateway.provider_credits where provider = $1 for update",
    [row.provider],
  );
  const noted = await tx.query(
    "gateway.credit_note",
    `insert into gateway.provider_credits as c (provider, left_usd, low, asked_at) values ($1, $2, $3, $4)
     on conflict (provider) do update set left_usd = excluded.left_usd, low = excluded.low, asked_at = excluded.asked_at
     where c.asked_at = $5 and c.asked_at < excluded.asked_at
     returning 1`,
    [row.provider, row.left_usd, row.low, row.asked_at, known?.asked_at ?? null],
  );
  return noted.length === 0 ? undefined : (known ?? null);
}

/** Nothing bounds it any more. */
export async function forgetCredit(tx: Tx, provider: string): Promise<void> {
  await tx.query("gateway.credit_forget", "delete from gateway.provider_credits where provider = $1", [
    provider,
  ]);
}

const MOST = 1_000;

export const listCredits = (tx: Tx): Promise<CreditRow[]> =>
  tx.query(
    "gateway.credits",
    `select provider, trim_scale(left_usd)::text as left_usd, low, asked_at from gateway.provider_credits
     order by provider limit ${MOST}`,
  );

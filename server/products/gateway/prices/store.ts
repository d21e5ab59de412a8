/** SQL of price versions as operators decide about them. */
import type { Tx } from "../../../platform/db/index.ts";
import type { LineRow } from "../models/store.ts";

export type VersionRow = {
  version: string;
  provider: string;
  state: "draft" | "active" | "retired" | "rejected";
  source: "config" | "models" | "import" | "markup" | "operator";
  created_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
};

const MOST = 100;
const LIST = `
  select version, provider, state, source, created_at, decided_at, decided_by from gateway.price_versions
  order by state = 'draft' desc, created_at desc, version desc limit $1`;

/** Drafts first, then the newest. */
export const listVersions = (tx: Tx): Promise<VersionRow[]> =>
  tx.query("gateway.price_versions", LIST, [MOST]);

const LINES = `
  select version, model, provider, upstream_model, input_usd, output_usd, cache_read_usd, cache_write_usd,
    cache_write_1h_usd, reasoning_usd, request_usd, audio_second_usd, tiers, markup_percent, context_length::int, max_output_tokens::int
  from gateway.price_lines where version = any($1) order by version, model`;

export const listLines = (tx: Tx, versions: readonly string[]): Promise<LineRow[]> =>
  tx.query("gateway.price_lines", LINES, [versions]);

const LOCK = `
  select version, provider, state, source, created_at, decided_at, decided_by from gateway.price_versions
  where provider = (select provider from gateway.price_versions where version = $1)
    and (version = $1 or state = 'active')
  order by version for update`;

/** The version and its provider's active one, until the end of the transaction. */
export const lockVersions = (tx: Tx, version: string): Promise<VersionRow[]> =>
  tx.query("gateway.lock_price_versions", LOCK, [version]);

const DECIDE = `
  update gateway.price_versions set state = $2, decided_at = $3, decided_by = $4 where version = $1`;

export async function decideVersion(
  tx: Tx,
  version: string,
  decided: { state: VersionRow["state"]; at: Date; by: string },
): Promise<void> {
  await tx.query("gateway.decide_price_version", DECIDE, [version, decided.state, decided.at, decided.by]);
}

/** SQL of price versions as operators decide about them. */
import type { Tx } from "../../../platform/db/index.ts";
import { LINE_OF, type LineRow } from "../models/store.ts";

export type VersionRow = {
  version: string;
  provider: string;
  state: "draft" | "active" | "retired" | "rejected";
  source: "config" | "models" | "import" | "markup" | "operator";
  created_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  /** Of a draft that never counted: the list said something else before anybody decided. */
  reason: "superseded" | null;
};

const VERSION = "version, provider, state, source, created_at, decided_at, decided_by, reason";

const MOST = 100;
const LIST = `
  select ${VERSION} from gateway.price_versions
  order by state = 'draft' desc, created_at desc, version desc limit $1`;

/** Drafts first, then the newest. */
export const listVersions = (tx: Tx): Promise<VersionRow[]> =>
  tx.query("gateway.price_versions", LIST, [MOST]);

const LINES = `
  select ${LINE_OF("l")} from gateway.price_lines l where l.version = any($1) order by l.version, l.model`;

export const listLines = (tx: Tx, versions: readonly string[]): Promise<LineRow[]> =>
  tx.query("gateway.price_lines", LINES, [versions]);

const LOCK = `
  select ${VERSION} from gateway.price_versions
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

const LISTED_DRAFT = `
  select version from gateway.price_versions
  where provider = $1 and source = 'models' and state = 'draft' order by created_at desc, version desc limit 1`;

/** Lines of the provider's newest undecided list; none where there is none. */
export async function findListedDraft(tx: Tx, provider: string): Promise<LineRow[]> {
  const [draft] = await tx.query<{ version: string }>("gateway.listed_draft", LISTED_DRAFT, [provider]);
  return draft ? listLines(tx, [draft.version]) : [];
}

const SUPERSEDE = `
  update gateway.price_versions set state = 'retired', reason = 'superseded', decided_at = $2
  where provider = $1 and source = 'models' and state = 'draft'`;

/** Retires the provider's undecided lists; those that an operator made stay. */
export async function supersedeListed(tx: Tx, provider: string, now: Date): Promise<void> {
  await tx.query("gateway.supersede_listed", SUPERSEDE, [provider, now]);
}

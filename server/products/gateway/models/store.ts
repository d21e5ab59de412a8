/** SQL of providers, models and prices. */
import type { Tx } from "../../../platform/db/index.ts";
import type { Task } from "../call/chat.ts";
import { PRICES, type PriceColumns } from "./lines.ts";
import type { WaysRow } from "./thinking/store.ts";
import type { TierText } from "./tiers/tier.ts";

/** In ms; what is left out is as everywhere. */
export type TimeoutsRow = { firstContent?: number; json?: number; stream?: number; stall?: number };

export type ProviderRow = {
  id: string;
  kind: string;
  base_url: string | null;
  secret: Buffer | null;
  secret_last4: string | null;
  enabled: boolean;
  private_address: boolean;
  cost_basis: "provider" | "table";
  markup_percent: number;
  /** Instead of it, by the keys of plans. */
  plan_markups: Readonly<Record<string, number>>;
  /** Null: as its kind has it. */
  on_disconnect: "abort" | "drain" | null;
  /** Null: as everywhere. */
  timeouts: TimeoutsRow | null;
};

const PROVIDERS = `
  select id, kind, base_url, secret, secret_last4, enabled, private_address, cost_basis, markup_percent, plan_markups,
    on_disconnect, timeouts
  from gateway.providers order by id`;

export const listProviders = (tx: Tx): Promise<ProviderRow[]> => tx.query("gateway.providers", PROVIDERS, []);

const SEED_PROVIDERS = `
  insert into gateway.providers (id, kind, created_at, updated_at)
  select id, kind, $1, $1 from json_to_recordset($2::json) as p (id text, kind text)
  order by id
  on conflict do nothing`;

/** Adds those that are not known yet; their address and secret stay with the environment. */
export async function seedProviders(
  tx: Tx,
  rows: readonly { id: string; kind: string }[],
  now: Date,
): Promise<void> {
  await tx.query("gateway.seed_providers", SEED_PROVIDERS, [now, JSON.stringify(rows)]);
}

export type ModelRow = {
  id: string;
  name: string;
  created: number;
  image_tokens: number | null;
  /** Of one part of sound in a chat's prompt. */
  audio_tokens: number | null;
  task: Task;
  paused: boolean;
  /** Other ids for it. */
  aliases: string[];
};

const MODELS = `
  select id, name, created::int, image_tokens::int, audio_tokens::int, task, paused, aliases from gateway.models order by id`;

export const listModelRows = (tx: Tx): Promise<ModelRow[]> => tx.query("gateway.models", MODELS, []);

const SEED_MODELS = `
  insert into gateway.models (id, name, created, image_tokens, audio_tokens, task, created_at, updated_at)
  select id, name, created, image_tokens, audio_tokens, task, $1, $1
  from json_to_recordset($2::json) as m (id text, name text, created bigint, image_tokens bigint, audio_tokens bigint, task text)
  order by id
  on conflict do nothing`;

/** Adds models that are not known yet. */
export async function seedModels(tx: Tx, rows: readonly ModelRow[], now: Date): Promise<void> {
  await tx.query("gateway.seed_models", SEED_MODELS, [now, JSON.stringify(rows)]);
}

/** One model's prices in one version. */
export type LineRow = PriceColumns & {
  version: string;
  model: string;
  provider: string;
  upstream_model: string | null;
  /** Of some calls alone, over these. */
  tiers: TierText[];
  /** What callers pay on top. */
  markup_percent: number;
  context_length: number;
  max_output_tokens: number;
  /** Of those that count now: how its provider lists that it may be asked to think. */
  thinking?: WaysRow | null;
};
export type ActiveLine = LineRow & Required<Pick<LineRow, "thinking">>;

const LINE = ["version", "model", "provider", "upstream_model", ...PRICES, "tiers"].join(", ");
/** Every column of a line. */
export const LINE_OF = (table: string): string =>
  `${LINE.replaceAll(/(\w+)/g, `${table}.$1`)}, ${table}.markup_percent, ${table}.context_length::int,
  ${table}.max_output_tokens::int`;
const ACTIVE_LINES = `
  select ${LINE_OF("l")},
    case when t.model is not null then jsonb_build_object('types', t.types, 'efforts', t.efforts) end as thinking
  from gateway.price_lines l join gateway.price_versions v on v.version = l.version
  left join gateway.model_thinking t on t.provider = l.provider and t.model = coalesce(l.upstream_model, l.model)
  where v.state = 'active' order by l.provider, l.model`;

/** The prices that count now, of all providers. */
export const listActiveLines = (tx: Tx): Promise<ActiveLine[]> =>
  tx.query("gateway.active_lines", ACTIVE_LINES, []);

const LINE_COLUMNS = `version text, model text, provider text, upstream_model text, ${PRICES.map((name) => `${name} text`).join(", ")},
  tiers jsonb, context_length bigint, max_output_tokens bigint`;
const INSERT_VERSION = `
  insert into gateway.price_versions (version, provider, state, source, created_at, decided_at)
  select $1, $2,
         case when $5 and not exists (select from gateway.price_versions where provider = $2 and state = 'active')
           then 'active' else 'draft' end,
         $3, $4,
         case when $5 and not exists (select from gateway.price_versions where provider = $2 and state = 'active')
           then $4::timestamptz end
  on conflict do nothing
  returning version`;
const INSERT_LINES = `
  insert into gateway.price_lines
    (${LINE}, markup_percent, context_length, max_output_tokens, created_at)
  select ${LINE}, coalesce((select g.markup_percent from gateway.providers g where g.id = p.provider), 0),
    context_length, max_output_tokens, $1
  from json_to_recordset($2::json) as p (${LINE_COLUMNS})
  order by version, model
  on conflict do nothing`;

const KEEP_LINES = `
  insert into gateway.price_lines (${LINE}, markup_percent, context_length, max_output_tokens, created_at)
  select ${LINE}, markup_percent, context_length, max_output_tokens, $1
  from json_to_recordset($2::json) as p (${LINE_COLUMNS}, markup_percent integer)
  order by version, model
  on conflict do nothing`;

/** Lines whose versions name all that they are made of: whoever comes first writes them. */
export async function keepLines(tx: Tx, lines: readonly LineRow[], now: Date): Promise<void> {
  await tx.query("gateway.keep_lines", KEEP_LINES, [now, JSON.stringify(lines)]);
}

export type NewLine = Omit<LineRow, "markup_percent">;

export type NewVersion = {
  version: string;
  provider: string;
  source: "config" | "models" | "import" | "markup" | "operator";
  /** Counts at once where the provider has no active version yet; else an operator decides. */
  first: boolean;
  lines: readonly NewLine[];
};

/** Adds a version with its lines, at the markup that its provider has now; false when there is one of that name. */
export async function insertVersion(tx: Tx, added: NewVersion, now: Date): Promise<boolean> {
  const { version, provider, source, first, lines } = added;
  const values = [version, provider, source, now, first];
  const rows = await tx.query("gateway.insert_version", INSERT_VERSION, values);
  if (rows.length === 0) return false;
  await tx.query("gateway.insert_lines", INSERT_LINES, [now, JSON.stringify(lines)]);
  return true;
}

const OF_PRICE = (table: string): string => [...PRICES, "tiers"].map((name) => `${table}.${name}`).join(", ");
const LINES_THAT_DIFFER = `
  select p.model from json_to_recordset($1::json) as p (${LINE_COLUMNS})
  left join gateway.price_lines v on v.version = p.version and v.model = p.model
  where v.model is null or (${OF_PRICE("v")}) is distinct from (${OF_PRICE("p")})`;

/** Models whose stored line of the same version is another, or missing. */
export async function linesThatDiffer(tx: Tx, lines: readonly NewLine[]): Promise<string[]> {
  const rows = await tx.query<{ model: string }>("gateway.lines_that_differ", LINES_THAT_DIFFER, [
    JSON.stringify(lines),
  ]);
  return rows.map(({ model }) => model);
}

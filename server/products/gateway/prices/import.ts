import { audit } from "../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import { assert, common, Problem } from "../../../platform/problem.ts";
import {
  insertVersion,
  listActiveLines,
  listModelRows,
  seedModels,
  type LineRow,
  type ModelRow,
  type NewLine,
} from "../models/store.ts";
import { gatewayProblems } from "../problems.ts";
import { lockProvider } from "../providers/store.ts";
import type { Gateway } from "../settling/state.ts";
import { readFile, type FilePrice, type Format } from "./formats.ts";
import { isAnother, listedOver } from "./listed.ts";

export type Import = {
  provider: string;
  format: Format;
  document: unknown;
  /** The provider's part of the file, where it has parts. */
  section?: string | undefined;
  /** By the list's names: nobody else is taken, and those that are not known become models. */
  models?: readonly string[] | undefined;
};

export type Imported = {
  provider: string;
  outcome: "draft" | "unchanged";
  version: string | null;
  /** Models that are new, by our ids. */
  added: string[];
  /** Names that were left out: the list says no window, and nobody else serves the model. */
  incomplete: string[];
  /** Names whose longer prompts have prices of their own. */
  tiered: string[];
  /** Listed, but no model here. */
  unknown: number;
};

/**
 * Makes a draft of a provider's prices from a file; what counts does not change before an operator has approved it. Models that
 * the file does not name stay as they are. 404 for an unknown provider, 422 for what is no such file. Audited.
 */
export async function importPrices(gateway: Gateway, actor: Actor, asked: Import): Promise<Imported> {
  const { db, clock } = gateway.deps;
  const { provider, format } = asked;
  const listed = readFile(format, asked.document, asked.section);
  if (listed === null) refuse("/document", `is no list of ${format}, or lacks the section`);
  const now = clock.now();
  const imported = await withSystemTx(db, async (tx): Promise<Imported> => {
    if (!(await lockProvider(tx, provider))) throw new Problem(gatewayProblems.provider_not_found);
    const version = `${provider}-${now.toISOString()}-import`;
    const known = { models: await listModelRows(tx), active: await listActiveLines(tx) };
    const { lines, models, ...told } = merge(listed, known, { provider, version, only: asked.models });
    if (!lines) return { provider, outcome: "unchanged", version: null, ...told };
    await seedModels(tx, models, now);
    const added = await insertVersion(tx, { version, provider, source: "import", first: false, lines }, now);
    assert(added, "no other version has this name");
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: actor.userId ?? actor.credentialId,
      action: "llm_prices.imported",
      targetId: version,
      detail: {
        provider,
        format,
        section: asked.section ?? null,
        lines: lines.length,
        added: told.added.length,
      },
    });
    return { provider, outcome: "draft", version, ...told };
  });
  if (imported.added.length > 0) await gateway.registry.changed();
  return imported;
}

function refuse(pointer: string, detail: string): never {
  throw new Problem(common.invalid_input, { errors: [{ pointer, detail }] });
}

type Known = { models: readonly ModelRow[]; active: readonly LineRow[] };
type Wish = { provider: string; version: string; only: readonly string[] | undefined };
type Merged = Pick<Imported, "added" | "incomplete" | "tiered" | "unknown"> & {
  /** The provider's whole list; null when nothing is another than it was. */
  lines: NewLine[] | null;
  models: ModelRow[];
};

/** The active lines with the file's prices, and lines for what the provider did not serve yet. Pure. */
export function merge(listed: readonly FilePrice[], { models, active }: Known, wish: Wish): Merged {
  const { provider, version } = wish;
  const own = active.filter((line) => line.provider === provider);
  const lines = new Map<string, NewLine>(own.map((line) => [line.model, { ...line, version }]));
  const told: Merged = { lines: null, models: [], added: [], incomplete: [], tiered: [], unknown: 0 };
  let changed = false;
  for (const price of listed) {
    if (wish.only && !wish.only.includes(price.model)) continue;
    const before = own.find((line) => (line.upstream_model ?? line.model) === price.model);
    const found = before?.model ?? modelOf(price, models);
    const id = found ?? (wish.only ? idOf(price, provider) : null);
    if (id === null) {
      told.unknown += 1;
      continue;
    }
    const line = lineOf(
      price,
      { id, ...wish },
      before ?? null,
      active.find((each) => each.model === id) ?? null,
    );
    if (!line) {
      told.incomplete.push(price.model);
      continue;
    }
    if (price.tiers.length > 0) told.tiered.push(price.model);
    if (!found) {
      told.added.push(id);
      told.models.push(newModel(id, price));
    }
    changed ||= isAnother(before, line);
    lines.set(id, line);
  }
  return { ...told, lines: changed ? [...lines.values()] : null };
}

/** Our id for it: of its vendor, or the only one of this name. */
function modelOf({ model, vendor }: FilePrice, models: readonly ModelRow[]): string | null {
  const ids = models.map(({ id }) => id).filter((id) => id === model || id.endsWith(`/${model}`));
  return (
    ids.find((id) => id === model || id === `${vendor}/${model}`) ??
    (ids.length === 1 ? ids[0] : null) ??
    null
  );
}

const idOf = ({ model, vendor }: FilePrice, provider: string): string | null => {
  const id = model.includes("/") ? model : `${vendor ?? provider}/${model}`;
  return /^[\w.-]+\/[\w.:-]+$/.test(id) ? id : null;
};

const newModel = (id: string, price: FilePrice): ModelRow => ({
  id,
  name: price.name,
  created: 0,
  image_tokens: null,
  audio_tokens: null,
  task: "chat",
  paused: false,
  aliases: [],
});

/** Null where nobody says how long a prompt or an answer may be. */
function lineOf(
  price: FilePrice,
  { id, provider, version }: Wish & { id: string },
  before: LineRow | null,
  elsewhere: LineRow | null,
): NewLine | null {
  const context = price.contextLength ?? before?.context_length ?? elsewhere?.context_length;
  const output = price.maxOutputTokens ?? before?.max_output_tokens ?? elsewhere?.max_output_tokens;
  if (context === undefined || output === undefined) return null;
  return {
    version,
    model: id,
    provider,
    upstream_model: price.model === id ? null : price.model,
    ...listedOver(price.prices, before),
    // No format knows times of the day: what an operator said of them stays, over what the file says of sizes.
    tiers: [...price.tiers, ...(before?.tiers ?? []).filter(({ from_utc: from }) => from !== null)],
    context_length: context,
    max_output_tokens: Math.min(output, context),
  };
}

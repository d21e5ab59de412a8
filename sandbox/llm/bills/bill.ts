/**
 * The provider's own books: one row per generation, written before its last byte leaves. A long stream has a
 * row from its beginning, brought up to date once a second, so that a killed sandbox still knows what it sold.
 */
import type { Row, World } from "../../core/company.ts";
import type { Chat } from "../request.ts";
import type { PromptTokens } from "../tokens/prompt-tokens.ts";
import type { Model } from "../models/models.ts";
import { SPOKEN_PER_TOKEN } from "../play/sound.ts";
import { nameOf } from "../view.ts";
import { costOf, formatUsd, type Counts } from "../models/price.ts";

export type Generation = {
  id: string;
  createdMs: number;
  model: string;
  provider: string;
  streamed: boolean;
  state: "running" | "finished" | "cancelled" | "failed";
  counts: Counts;
  /** Tokens of the whole answer's thought, which comes first. */
  thought?: number;
  /** In 10⁻¹² USD. */
  cost: bigint;
  promptCost: bigint;
  finishReason: string | null;
  nativeFinishReason: string | null;
  firstTokenMs: number;
  generationMs: number;
  user: string | null;
  metadata: Record<string, string> | null;
  sessionId: string | null;
  userAgent: string | null;
  referer: string | null;
};

/** Of the completion so far. */
export const thoughtIn = ({ thought = 0, counts }: Generation): number =>
  Math.min(thought, counts.completion);

/** What is sold by one call. */
export type Sold = Pick<Chat, "stream" | "user" | "metadata" | "sessionId" | "speaks"> & {
  model: Pick<Model, "id" | "provider" | "rates">;
};

const tableOf = (world: World): string => `${nameOf(world)}_generations`;
const table = (name: string): string => `create table if not exists ${name} (
  id text primary key, created_ms integer not null, state text not null, model text not null,
  prompt_tokens integer not null, cached_tokens integer not null, completion_tokens integer not null,
  cost integer not null, body text not null) without rowid`;
const upsert = (name: string): string => `insert or replace into ${name}
  (id, created_ms, state, model, prompt_tokens, cached_tokens, completion_tokens, cost, body)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const STATES = /^(running|finished|cancelled|failed)$/;
type Ledger = { spent: bigint };

/** Opens the table; rows left running by a process that died end as cancelled, at what they had reached. */
function ledgerOf(world: World): Ledger {
  const known = world.memory.get("llm.ledger") as Ledger | undefined;
  if (known !== undefined) return known;
  const name = tableOf(world);
  world.store.ensure(name, table(name));
  world.store.run(`update ${name} set state = 'cancelled' where state = 'running'`);
  const row = world.store.get(`select cast(coalesce(sum(cost), 0) as text) as spent from ${name}`);
  const ledger = { spent: BigInt(String(row?.["spent"] ?? "0")) };
  world.memory.set("llm.ledger", ledger);
  return ledger;
}

/** A fresh generation; nothing is written yet. */
export function begin(world: World, chat: Sold, prompt: PromptTokens, idPrefix = "gen-"): Generation {
  ledgerOf(world);
  return {
    id: `${idPrefix}${world.clock.seconds()}-${world.random(`${nameOf(world)}.generation`).id(20)}`,
    createdMs: world.clock.now(),
    model: chat.model.id,
    provider: chat.model.provider,
    streamed: chat.stream,
    state: "running",
    counts: {
      ...prompt,
      completion: 0,
    },
    cost: 0n,
    promptCost: 0n,
    finishReason: null,
    nativeFinishReason: null,
    firstTokenMs: 0,
    generationMs: 0,
    user: chat.user,
    metadata: chat.metadata,
    sessionId: chat.sessionId,
    userAgent: null,
    referer: null,
  };
}

/** Prices what was generated so far. */
export function price(
  generation: Generation,
  chat: Pick<Sold, "model" | "speaks">,
  completion: number,
  times: bigint,
): void {
  generation.counts.completion = completion;
  if (chat.speaks) generation.counts.audioOut = (completion * SPOKEN_PER_TOKEN) / (SPOKEN_PER_TOKEN + 1);
  const cost = costOf(chat.model.rates, generation.counts, generation.createdMs);
  generation.promptCost = cost.prompt * times;
  generation.cost = cost.total * times;
}

/** Writes the row as it is now; it is committed before this turn's answers leave. */
export function save(world: World, generation: Generation): void {
  const ledger = ledgerOf(world);
  const { id, createdMs, state, model, counts, cost, promptCost, ...rest } = generation;
  world.store.run(
    upsert(tableOf(world)),
    id,
    createdMs,
    state,
    model,
    counts.prompt,
    counts.cached,
    counts.completion,
    cost,
    JSON.stringify({ ...rest, promptCost: promptCost.toString() }),
  );
  if (state !== "running") ledger.spent += cost;
}

function read(row: Row): Generation {
  const state = String(row["state"]);
  if (!STATES.test(state)) throw new Error(`generation in unknown state ${state}`);
  const body = JSON.parse(String(row["body"])) as Omit<Generation, "promptCost"> & { promptCost: string };
  return {
    ...body,
    id: String(row["id"]),
    createdMs: Number(row["created_ms"]),
    state: state as Generation["state"],
    model: String(row["model"]),
    counts: {
      prompt: Number(row["prompt_tokens"]),
      cached: Number(row["cached_tokens"]),
      completion: Number(row["completion_tokens"]),
    },
    cost: BigInt(String(row["cost_text"])),
    promptCost: BigInt(body.promptCost),
  };
}

/** A generation that has ended; one still running cannot be looked up, as at OpenRouter. */
export function findGeneration(world: World, id: string): Generation | null {
  ledgerOf(world);
  const row = world.store.get(
    `select *, cast(cost as text) as cost_text from ${tableOf(world)} where id = ? and state <> 'running'`,
    id,
  );
  return row === null ? null : read(row);
}

export function listGenerations(world: World, limit: number): Generation[] {
  ledgerOf(world);
  const sql = `select *, cast(cost as text) as cost_text from ${tableOf(world)}
    order by created_ms desc, id limit ?`;
  return world.store.all(sql, limit).map(read);
}

/** What ended of that which was begun in [fromMs, toMs), oldest first. */
export function soldBetween(world: World, fromMs: number, toMs: number): Generation[] {
  ledgerOf(world);
  const sql = `select *, cast(cost as text) as cost_text from ${tableOf(world)}
    where created_ms >= ? and created_ms < ? and state <> 'running' order by created_ms, id`;
  return world.store.all(sql, fromMs, toMs).map(read);
}

/** Everything billed to this world, in 10⁻¹² USD. */
export const spentOf = (world: World): bigint => ledgerOf(world).spent;

/** The bill as it would be compared with somebody else's books: exact decimals in USD, oldest first. */
export function billOf(world: World): unknown {
  ledgerOf(world);
  const rows = world.store.all(`select *, cast(cost as text) as cost_text from ${tableOf(world)}
    order by created_ms, id`);
  const generations = rows.map(read).map((g) => ({
    id: g.id,
    created_at: new Date(g.createdMs).toISOString(),
    model: g.model,
    prompt_tokens: g.counts.prompt,
    cached_tokens: g.counts.cached,
    completion_tokens: g.counts.completion,
    cost: formatUsd(g.cost),
    streamed: g.streamed,
    finished: g.state === "finished",
    cancelled: g.state === "cancelled",
    state: g.state,
    finish_reason: g.finishReason,
    user: g.user,
    metadata: g.metadata,
  }));
  const total = rows.reduce((sum, row) => sum + BigInt(String(row["cost_text"])), 0n);
  return { generations, count: generations.length, total_cost: formatUsd(total) };
}

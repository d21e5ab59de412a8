/** Readings of a company's own list that an operator asked for. */
import type { WebhooksBackfills } from "../../../../db/rows.ts";
import { withSystemTx, type Narrowed, type Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import { note } from "../endpoints/change.ts";
import type { Endpoints } from "../endpoints/known.ts";
import { readRange, wholeRange, type Backfill } from "./read-list.ts";

export type BackfillId = Id<"bfl">;
export type BackfillRow = Narrowed<
  WebhooksBackfills,
  { id: BackfillId; mode: "test" | "live"; state: "queued" | "running" | "done" | "failed" }
>;
export type BackfillInput = {
  accountId: string;
  from: Date | undefined;
  to: Date | undefined;
  types: readonly string[];
};

/** Attempts of its job; the last one that fails ends it. */
export const ATTEMPTS = 5;

/**
 * Writes what is to be read and enqueues its job. A retry of the same operation finds the row. 422 for an account that
 * configuration does not know, or a stretch that ends before it begins.
 */
export function requestBackfill(
  deps: InboxDeps,
  input: BackfillInput,
  by: { actorId: string; operationId: Id<"idk"> },
  enqueue: (tx: Tx, id: BackfillId) => Promise<unknown>,
): Promise<BackfillRow> {
  const now = deps.clock.now();
  const whole = wholeRange(now);
  const { from, to } = { from: input.from ?? whole.from, to: input.to ?? whole.to };
  const source = deps.sources.find(({ accountId }) => accountId === input.accountId);
  const errors = [
    ...(source ? [] : [{ pointer: "/account_id", detail: "is no account of this installation" }]),
    ...(from < to ? [] : [{ pointer: "/to", detail: "must be after its start" }]),
  ];
  if (!source || errors.length > 0) throw new Problem(common.invalid_input, { errors });
  const id: BackfillId = `bfl_${by.operationId.slice(4)}`;
  return withSystemTx(deps.db, async (tx) => {
    const [row] = await tx.query<BackfillRow>(
      "webhooks.backfill_insert",
      `insert into webhooks.backfills (id, operation_id, source, account_id, mode, from_at, to_at, types, state, created_by,
         created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10) on conflict do nothing returning *`,
      [
        id,
        by.operationId,
        source.name,
        source.accountId,
        source.mode,
        from,
        to,
        input.types,
        by.actorId,
        now,
      ],
    );
    if (!row) return getRow(tx, id);
    await enqueue(tx, id);
    const detail = { account_id: source.accountId, from: from.toISOString(), to: to.toISOString() };
    await note(deps, tx, by.actorId, "events.backfilled", id, detail);
    return row;
  });
}

export const getBackfill = ({ db }: Pick<InboxDeps, "db">, id: BackfillId): Promise<BackfillRow> =>
  withSystemTx(db, (tx) => getRow(tx, id));

async function getRow(tx: Tx, id: BackfillId): Promise<BackfillRow> {
  const [row] = await tx.query<BackfillRow>(
    "webhooks.backfill",
    "select * from webhooks.backfills where id = $1",
    [id],
  );
  if (!row) throw new Problem(common.not_found);
  return row;
}

/** Reads it from its start. What an attempt before stored counts as new still. Throws to be tried again. */
export async function runBackfill(
  parts: { deps: InboxDeps; endpoints: Endpoints },
  id: BackfillId,
  { attempt, signal }: { attempt: number; signal: AbortSignal },
): Promise<number> {
  const { deps } = parts;
  const row = await getBackfill(deps, id);
  const source = deps.sources.find(({ accountId }) => accountId === row.account_id);
  const endpoint = source && (await parts.endpoints.defaultOf(source));
  if (!source || !endpoint) {
    await write(deps, id, { state: "failed", error: "endpoint_off" });
    return 0;
  }
  const types = row.types.length > 0 ? { types: row.types } : {};
  const reading = { source, endpoint, from: row.from_at, to: row.to_at, ...types };
  const told = (total: { listed: number; new: number }, state: BackfillRow["state"]) =>
    write(deps, id, { state, listed: total.listed, new: row.new + total.new });
  try {
    await write(deps, id, { state: "running" });
    const total = await readRange(parts, reading, signal, (sofar) => told(sofar, "running"));
    await told(total, "done");
    return total.new;
  } catch (error) {
    const over = attempt >= ATTEMPTS;
    await write(deps, id, { state: over ? "failed" : "queued", error: "company_unavailable" });
    throw error;
  }
}

/** Reads a stretch of one account's list now, for those who need what it finds at once. */
export async function backfillNow(
  parts: { deps: InboxDeps; endpoints: Endpoints },
  { accountId, from, to }: { accountId: string; from: Date; to: Date },
  { actorId, signal }: { actorId: string; signal: AbortSignal },
): Promise<Backfill> {
  const { deps } = parts;
  const source = deps.sources.find((each) => each.accountId === accountId);
  const endpoint = source && (await parts.endpoints.defaultOf(source));
  if (!source || !endpoint) return { listed: 0, new: 0, known: 0 };
  const detail = { account_id: accountId, from: from.toISOString(), to: to.toISOString() };
  await withSystemTx(deps.db, (tx) => note(deps, tx, actorId, "events.backfilled", endpoint.id, detail));
  return readRange(parts, { source, endpoint, from, to }, signal, () => Promise.resolve());
}

function write(
  { db, clock }: Pick<InboxDeps, "db" | "clock">,
  id: BackfillId,
  change: { state: BackfillRow["state"]; listed?: number; new?: number; error?: string },
): Promise<unknown> {
  return withSystemTx(db, (tx) =>
    tx.query(
      "webhooks.backfill_write",
      `update webhooks.backfills set state = $2, listed = coalesce($3, listed), new = coalesce($4, new), error_code = $5,
         finished_at = case when $2 in ('done', 'failed') then $6::timestamptz end
       where id = $1`,
      [id, change.state, change.listed ?? null, change.new ?? null, change.error ?? null, clock.now()],
    ),
  );
}

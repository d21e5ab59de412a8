import { rehearse, withSystemTx, type Change } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import type { EventId, InboxEvent } from "../events/event.ts";
import { READING_MARKS } from "../events/news.ts";
import { handlerOf, isOtherMode, unhandledCode } from "../work/handler-of.ts";
import { openBody } from "../events/payload.ts";
import { RuleBroken, webhookProblems } from "../problems.ts";
import type { Diff, DiffChange } from "./replay.ts";
import { findEvent } from "./store.ts";

/** A jsonb of one diff stays small enough to be kept and shown. */
const MAX_CHANGES = 100;
const DETAIL_CHARS = 500;

const KINDS: Readonly<Record<string, DiffChange["kind"]>> = {
  "ledger.entries": "entry",
  "mail.outbox": "mail",
  "payments.outbound_messages": "relay",
};

/**
 * What replaying an event would do now: both halves of its handler run, the second in a transaction that is rolled back.
 * 404 for an unknown event, 410 for one whose bytes are gone.
 */
export async function rehearseEvent(deps: InboxDeps, id: EventId, signal: AbortSignal): Promise<Diff> {
  const found = await withSystemTx(deps.db, (tx) => findEvent(tx, id));
  if (!found) throw new Problem(common.not_found);
  const { body, sealed, isCopy, ...rest } = found;
  if (body === null) throw new Problem(webhookProblems.payload_purged);
  const event: InboxEvent = { ...rest, body: openBody(deps.sealer, id, { body, sealed: sealed === true }) };
  const ends = (result: Diff["result"], code: string, detail: string | null = null): Diff => ({
    event_id: id,
    result,
    code,
    detail: detail && detail.slice(0, DETAIL_CHARS),
    changes: [],
    more: false,
  });
  if (isCopy) return ends("ignored", "copy");
  if (isOtherMode(deps, event)) return ends("ignored", "other_mode");
  try {
    return await run(deps, event, signal, ends);
  } catch (error) {
    if (error instanceof RuleBroken) return ends("dead", error.rule, error.message);
    if (error instanceof Problem && error.kind.status >= 500) throw error;
    const code = error instanceof Problem ? error.kind.code : "failed";
    return ends("fails", code, error instanceof Error ? error.message : null);
  }
}

async function run(
  deps: InboxDeps,
  event: InboxEvent,
  signal: AbortSignal,
  ends: (result: Diff["result"], code: string, detail?: string | null) => Diff,
): Promise<Diff> {
  const handler = handlerOf(deps, event);
  if (!handler) return ends("ignored", unhandledCode(deps, event));
  const [prepared] = await handler.prepare([event], signal);
  if (!prepared) return ends("fails", "not_prepared");
  if (prepared.kind === "ignored") return ends("ignored", prepared.code);
  if (prepared.kind === "wait") return ends("waits", prepared.code);
  if (prepared.kind === "dead") return ends("dead", prepared.code, prepared.detail);
  const { orgId, facts } = prepared;
  const { changes, more } = await rehearse(
    deps.db,
    orgId,
    (tx) => handler.apply(tx, orgId, [facts], deps.clock.now()),
    READING_MARKS,
  );
  return {
    event_id: event.id,
    result: "applies",
    code: null,
    detail: null,
    changes: changes.slice(0, MAX_CHANGES).map(withKind),
    more: more || changes.length > MAX_CHANGES,
  };
}

const withKind = (change: Change): DiffChange => ({ ...change, kind: KINDS[change.table] ?? "row" });

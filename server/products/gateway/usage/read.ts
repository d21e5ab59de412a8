import { balances, listGrants } from "../../../kernel/ledger/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import { openCursor, rankOf, sealCursor, type Actor } from "../../../platform/http/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { keptFrom } from "../attempts/kept.ts";
import type { Group, UsageFilter } from "../schemas.ts";
import type { Gateway } from "../settling/state.ts";
import { percentile } from "./latency.ts";
import { keyOf, listRequests, sumSavings, sumUsage, type Savings, type Scope, type Sums } from "./store.ts";

const LONGEST_MS = 400 * 86_400_000;

/** The organization's credits: settled does not dip while calls are held. */
export async function readBalance({ deps }: Gateway, { orgId, mode }: Actor) {
  const now = deps.clock.now();
  return withTx(deps.db, orgId, async (tx) => {
    const all = await balances(tx, orgId, mode, now);
    const grants = await listGrants(tx, orgId, { mode, unit: "credit" }, now);
    const credit = all.find(({ unit }) => unit === "credit");
    const plan = await deps.planOf(tx, orgId, mode);
    return {
      settled_micros: credit?.settled ?? 0n,
      held_micros: credit?.held ?? 0n,
      available_micros: credit?.available ?? 0n,
      debt_micros: credit?.debt ?? 0n,
      held_count: credit?.heldCount ?? 0,
      grants: grants.map(({ id, kind, remaining, expiresAt }) => ({
        id,
        source: kind,
        remaining_micros: remaining,
        expires_at: expiresAt,
      })),
      plan: {
        key: plan.key,
        name: plan.name,
        allowance_micros: plan.allowanceMicros,
        renews_at: plan.renewsAt,
      },
      as_of: now,
    };
  });
}

/** Sums of what a viewer used, or of the whole organization for an admin. */
export async function readUsage({ deps }: Gateway, actor: Actor, query: UsageFilter & { group_by: Group[] }) {
  const scope = wholeHours(scopeOf(actor, query, deps.clock.now()));
  const { groups, totals, saved, savedInAll } = await withTx(deps.db, actor.orgId, async (tx) => ({
    groups: await sumUsage(tx, scope, query.group_by),
    totals: (await sumUsage(tx, scope, []))[0] as Sums,
    saved: await sumSavings(tx, scope, query.group_by),
    savedInAll: (await sumSavings(tx, scope, []))[0],
  }));
  const savings = new Map(saved.map((row) => [keyOf(row, query.group_by), row]));
  return {
    data: groups.map((row) => ({
      group: Object.fromEntries(query.group_by.map((name, at) => [name, row[`group_${at}`] ?? null])),
      ...shown(row),
      ...shownSavings(savings.get(keyOf(row, query.group_by))),
    })),
    totals: { ...shown(totals), ...shownSavings(savedInAll) },
    estimated_share:
      totals.cost_micros === 0n ? 0 : Number(totals.estimated_micros) / Number(totals.cost_micros),
    as_of: deps.clock.now(),
  };
}

export async function readRecords(
  { deps }: Gateway,
  actor: Actor,
  query: UsageFilter & { outcome?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const scope = recordScopeOf(actor, query, deps.clock.now());
  const page = { limit: query.limit, after: openCursor(query.cursor) };
  const rows = await withTx(deps.db, actor.orgId, (tx) => listRequests(tx, scope, page));
  const shownRows = rows.slice(0, query.limit);
  const last = shownRows.at(-1);
  const more = rows.length > query.limit;
  return {
    data: shownRows.map(({ id, credential_id, ...row }) => ({
      ...row,
      request_id: id,
      key_id: credential_id,
    })),
    has_more: more,
    next_cursor: more && last ? sealCursor(last.created_at, last.id) : null,
  };
}

const HOUR_MS = 3_600_000;

/** Sums are kept by the hour: from the one that `from` lies in to the end of the one that `to` lies in. */
export const wholeHours = (scope: Scope): Scope => ({
  ...scope,
  from: new Date(Math.floor(scope.from.getTime() / HOUR_MS) * HOUR_MS),
  to: new Date(Math.ceil(scope.to.getTime() / HOUR_MS) * HOUR_MS),
});

export function scopeOf(actor: Actor, query: UsageFilter, now: Date): Scope {
  const to = query.to ?? new Date(now.getTime() + 1);
  const from = query.from ?? new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth(), 1));
  if (from >= to || to.getTime() - from.getTime() > LONGEST_MS)
    throw new Problem(common.invalid_parameter, { detail: "from must be before to, at most 400 days" });
  const all = rankOf(actor.role) >= rankOf("admin");
  return {
    org: actor.orgId,
    mode: actor.mode,
    from,
    to,
    model: query.model ?? null,
    credentialId: query.key_id ?? null,
    userId: query.user_id ?? null,
    provider: query.provider ?? null,
    projectId: query.project_id ?? null,
    own: all ? null : { userId: actor.userId, credentialId: actor.credentialId },
    outcome: null,
  };
}

/** Single calls are kept for 25 months; of earlier ones there are sums alone. */
export function recordScopeOf(
  actor: Actor,
  query: UsageFilter & { outcome?: string | undefined },
  now: Date,
): Scope {
  const scope = scopeOf(actor, query, now);
  const kept = keptFrom(now);
  return { ...scope, from: scope.from < kept ? kept : scope.from, outcome: query.outcome ?? null };
}

const shownSavings = (row: Savings | undefined) => ({
  cache_hits: Number(row?.cache_hits ?? 0n),
  compressed: Number(row?.compressed ?? 0n),
  tokens_saved: row?.tokens_saved ?? 0n,
  saved_micros: row?.saved_micros ?? 0n,
});

function shown({ requests, failures, ...row }: Sums) {
  return {
    requests: Number(requests),
    failures: Number(failures),
    input_tokens: row.input_tokens,
    cache_read_tokens: row.cache_read_tokens,
    cache_write_tokens: row.cache_write_tokens,
    output_tokens: row.output_tokens,
    reasoning_tokens: row.reasoning_tokens,
    audio_ms: row.audio_ms,
    cost_micros: row.cost_micros,
    first_content_p50_ms: percentile(row.first_content, 0.5),
    first_content_p95_ms: percentile(row.first_content, 0.95),
  };
}

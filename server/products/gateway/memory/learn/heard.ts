/** What a person said in a call, as it waits to be read. Pure but for the sealing. */
import type { Sealer } from "../../../../platform/crypto/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Charge } from "../../call/charge.ts";
import type { HeldCall } from "../../call/held-call.ts";
import type { Spender } from "../../limits/bound.ts";
import type { Routing } from "../../routing/routing.ts";
import type { HeardRow } from "./heard-store.ts";
import { withoutSecrets } from "./secrets.ts";

export type Heard = {
  said: string[];
  /** Who read it already, and may do so again. */
  model: string;
  routing: Routing | null;
  /** Pays for reading it. */
  payer: Spender;
};

/** Amounts are texts in JSON, which has no word for them. */
type Budgets = "budgetDailyMicros" | "budgetMonthlyMicros";
type AsWritten = Omit<Heard, "payer"> & {
  payer: Omit<Spender, "bounds"> & {
    bounds?: Omit<NonNullable<Spender["bounds"]>, Budgets> & Record<Budgets, string | null>;
  };
};

const placeOf = (org: OrgId, { user_id, request_id }: Pick<HeardRow, "user_id" | "request_id">): string =>
  `memory heard ${org} ${user_id} ${request_id}`;

/** Null for a call that uses no memory, or was not answered, and where there is nothing to learn from it. */
export function heardIn(
  sealer: Sealer,
  { memory, actor, requestId, serving }: HeldCall,
  { outcome }: Charge,
  now: Date,
): HeardRow | null {
  if (!memory || outcome !== "ok") return null;
  const { userId: user_id, projectId: project_id, recalled, routing } = memory;
  const said = memory.said.map(withoutSecrets);
  if (said.length === 0 && recalled.length === 0) return null;
  const heard: Heard = { said, model: serving.model.id, routing, payer: spenderOf(actor) };
  const row = { request_id: requestId, user_id, project_id, recalled, created_at: now };
  return {
    ...row,
    sealed: sealer.seal(Buffer.from(JSON.stringify(heard, asText)), placeOf(actor.orgId, row)),
  };
}

export function openHeard(sealer: Sealer, org: OrgId, row: HeardRow): Heard {
  const heard = JSON.parse(sealer.open(row.sealed, placeOf(org, row)).toString()) as AsWritten;
  const { bounds, ...payer } = heard.payer;
  if (!bounds) return { ...heard, payer };
  const { budgetDailyMicros: daily, budgetMonthlyMicros: monthly } = bounds;
  const budgets = { budgetDailyMicros: amountOf(daily), budgetMonthlyMicros: amountOf(monthly) };
  return { ...heard, payer: { ...payer, bounds: { ...bounds, ...budgets } } };
}

/** What of a caller says who pays. */
const spenderOf = ({
  orgId,
  mode,
  credentialId,
  userId,
  keyId,
  rateLimitPerMin,
  bounds,
}: Spender): Spender => ({
  orgId,
  mode,
  credentialId,
  userId,
  keyId,
  rateLimitPerMin,
  ...(bounds && { bounds }),
});

const asText = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
const amountOf = (told: string | null): bigint | null => (told === null ? null : BigInt(told));

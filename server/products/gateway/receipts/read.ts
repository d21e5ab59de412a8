import { findHold } from "../../../kernel/ledger/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import { rankOf, type Actor } from "../../../platform/http/index.ts";
import { assert, Problem, common } from "../../../platform/problem.ts";
import { keptFrom } from "../attempts/kept.ts";
import { eachCount } from "../counts.ts";
import { personOf } from "../limits/bound.ts";
import { gatewayProblems } from "../problems.ts";
import { parsePrice, publishedText } from "../models/price.ts";
import { findPrice } from "../settling/reconcile-store.ts";
import type { Gateway } from "../settling/state.ts";
import { arithmeticOf, bytesOf, VERSION, type Receipt, type ReceiptAttempt } from "./receipt.ts";
import { findRequest, listAttempts, type AttemptRow, type RequestRow } from "./store.ts";

export type SignedReceipt = {
  receipt: Receipt;
  /** Ed25519 over the canonical JSON of `receipt`, in base64. */
  signature: string;
  key_version: number;
};

/**
 * The signed receipt of a call: one's own, for admins everyone's. 404 for others', 409 while it is not settled, 410 after 25
 * months. A correction gives it another.
 */
export async function readReceipt(
  { deps }: Pick<Gateway, "deps">,
  actor: Actor,
  id: string,
): Promise<SignedReceipt> {
  const receipt = await withTx(deps.db, actor.orgId, async (tx): Promise<Receipt> => {
    const row = await findRequest(tx, actor.orgId, id);
    if (!row || row.mode !== actor.mode || !isOwn(actor, row)) throw new Problem(common.not_found);
    if (row.created_at < keptFrom(deps.clock.now())) throw new Problem(gatewayProblems.receipt_gone);
    if (row.state === "open" || row.state === "reconciling")
      throw new Problem(gatewayProblems.not_settled, { retryAfter: 5 });
    const [attempts, price, hold] = await Promise.all([
      listAttempts(tx, actor.orgId, row),
      findPrice(tx, row.price_version, row.model),
      findHold(tx, actor.orgId, row.hold_id),
    ]);
    assert(price && hold, "a request's price and hold are kept");
    const head = { ...headOf(actor, row), attempts: attempts.map(attemptOf) };
    const provider_usd = attempts.findLast((each) => each.cost_usd !== "0")?.provider_cost_usd ?? null;
    const published = publishedText(parsePrice(price.version, price));
    const { markup_percent } = price;
    return {
      ...head,
      ...arithmeticOf({ ...head, provider_usd }, { ...published, markup_percent }, row.cached),
      cost_micros: Number(row.cost_micros ?? 0n),
      written_off_micros: Number(hold.writtenOff),
      hold: { id: row.hold_id, amount_micros: Number(row.held_micros) },
      txn_id: hold.transactionId,
    };
  });
  const { keyVersion, signature } = deps.receiptSigner.sign(bytesOf(receipt));
  return { receipt, signature: signature.toString("base64"), key_version: keyVersion };
}

function isOwn(actor: Actor, row: RequestRow): boolean {
  if (rankOf(actor.role) >= rankOf("admin")) return true;
  const person = personOf(actor);
  return row.credential_id === actor.credentialId || (person !== null && row.person_id === person);
}

const headOf = (
  { orgId }: Actor,
  row: RequestRow,
): Omit<
  Receipt,
  | "attempts"
  | "counts"
  | "prices"
  | "tiers"
  | "tier"
  | "markup_percent"
  | "lines"
  | "table_usd"
  | "cost_from"
  | "provider_usd"
  | "cost_usd"
  | "cost_micros"
  | "written_off_micros"
  | "hold"
  | "txn_id"
> => ({
  version: VERSION,
  request_id: row.id,
  organization_id: orgId,
  mode: row.mode,
  key_id: row.credential_id.startsWith("key_") ? row.credential_id : null,
  user_id: row.user_id,
  project_id: row.project_id,
  endpoint: row.endpoint,
  model: row.model,
  provider: row.provider,
  price_version: row.price_version,
  state: row.state,
  outcome: row.outcome,
  basis: row.basis,
  created_at: row.created_at.toISOString(),
  finished_at: row.finished_at?.toISOString() ?? null,
  compression: row.compression,
});

const attemptOf = (row: AttemptRow): ReceiptAttempt => ({
  id: row.id,
  created_at: row.created_at.toISOString(),
  provider: row.provider,
  model_served: row.model_served,
  price_version: row.price_version,
  basis: row.basis,
  outcome: row.outcome,
  ...eachCount((name) => Number(row[name])),
  cost_usd: row.cost_usd,
});

import type { Call } from "../../../platform/http/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Sealer } from "../../../platform/crypto/index.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { openAnswer, type ToldCost } from "./kept-answer.ts";
import type { KnownAnswer } from "./kept-store.ts";

/** An answer that was given before under the same key. */
export type Replay = { requestId: string; known: KnownAnswer };

const costOf = ({ cost_micros, cost_usd, basis }: KnownAnswer): ToldCost | null =>
  cost_micros !== null && cost_usd !== null && basis !== null
    ? { micros: cost_micros, usd: cost_usd, basis }
    : null;

/** Gives it again: the same bytes under the first request's id, at no cost. */
export function answerAgain(
  sealer: Sealer,
  org: OrgId,
  { requestId, known }: Replay,
  { reply, dialect }: Pick<Call, "reply"> & { dialect: Dialect },
): void {
  const cost = costOf(known);
  reply.headers({
    "x-request-id": requestId,
    "idempotency-replayed": "true",
    "x-holdfast-provider": known.provider,
    "x-holdfast-model": known.model,
    "x-holdfast-held-micros": known.held_micros.toString(),
  });
  const kept = openAnswer(sealer, org, requestId, known);
  if (kept.streamed) {
    const bytes = Buffer.concat([kept.bytes, dialect.streamEnd(cost, kept.tail)]);
    reply.code(200).type("text/event-stream; charset=utf-8").send(bytes);
    return;
  }
  if (cost)
    reply.headers({
      "x-holdfast-cost-micros": cost.micros.toString(),
      "x-holdfast-cost-basis": cost.basis,
      "x-holdfast-price-version": known.price_version,
    });
  reply
    .code(200)
    .type(dialect.mediaType?.() ?? "application/json")
    .send(kept.bytes);
}

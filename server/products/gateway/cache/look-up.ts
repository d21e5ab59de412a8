import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { Charge } from "../call/charge.ts";
import { tokensOf } from "../call/charge.ts";
import type { Chat } from "../call/chat.ts";
import type { HeldCall } from "../call/held-call.ts";
import { sealAnswer, type Kept } from "../keys/kept-answer.ts";
import { personOf } from "../limits/bound.ts";
import type { Route } from "../models/catalogue.ts";
import { laidFor, wishesFor } from "../options/laid.ts";
import { decided } from "../options/options.ts";
import type { Gateway } from "../settling/state.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import type { Caching } from "./caching.ts";
import { cacheAsked } from "./option.ts";
import { mayBeSame, sameness } from "./same.ts";
import { findEntry, type Entry } from "./store.ts";

/** Longer answers are not kept. */
const MOST_BYTES = 1024 * 1024;

/** Null where nobody wants it for this call. */
export async function cachingOf(
  gateway: Gateway,
  actor: Actor,
  { chat, route, headers }: { chat: Chat; route: Route; headers: Parameters<typeof cacheAsked>[1] },
): Promise<Caching | null> {
  const asked = cacheAsked(chat, headers);
  const { orgId: org, mode } = actor;
  const laid = await laidFor(gateway, actor);
  const option = decided(asked, laid.key?.cache, laid.organization?.cache);
  if (option === null || !mayBeSame(chat)) return null;
  const who = option.scope === "org" ? "org" : (personOf(actor) ?? actor.credentialId);
  const routing = wishesFor(laid, chat, headers) ?? {};
  const hash = sameness({ org, mode, who, model: route.model.id, routing }, chat);
  return { hash, ttlSeconds: option.ttl_seconds };
}

export function findAnswer({ deps }: Gateway, actor: Actor, caching: Caching): Promise<Entry | null> {
  const now = deps.clock.now();
  const since = addMs(now, -caching.ttlSeconds * 1_000);
  return withTx(deps.db, actor.orgId, (tx) => findEntry(tx, actor.orgId, caching.hash, { now, since }));
}

export const placeOf = (hash: Buffer): string => `cache ${hash.toString("hex")}`;

/** What is kept of a call that succeeded; null for one that asked for no cache, and for an answer that is too long. */
export function entryOf(
  { deps }: Gateway,
  { caching, actor, requestId, serving }: HeldCall,
  answer: Kept | null,
  charge: Charge,
): Entry | null {
  if (!caching || !answer || charge.outcome !== "ok" || answer.bytes.length > MOST_BYTES) return null;
  const now = deps.clock.now();
  return {
    hash: caching.hash,
    request_id: requestId,
    streamed: answer.streamed,
    sealed: sealAnswer(deps.sealer, actor.orgId, placeOf(caching.hash), answer),
    model: serving.model.id,
    provider: serving.provider.id,
    price_version: serving.price.version,
    tokens: BigInt(tokensOf(charge.usage)),
    cost_micros: charge.costAtto / ATTO_PER_MICRO,
    created_at: now,
    expires_at: addMs(now, caching.ttlSeconds * 1_000),
  };
}

import { setTimeout as delay } from "node:timers/promises";
import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { formatAtto } from "../../../platform/money.ts";
import { billed, outcomeOf } from "../call/charge.ts";
import type { HeldCall } from "../call/held-call.ts";
import type { RelayEnd } from "../call/relay/outcome.ts";
import type { Candidate } from "../models/catalogue.ts";
import type { BreakerState } from "./health/breaker.ts";
import { noteFailover } from "./failover-store.ts";
import { keyRefused, keyWorked } from "../own-keys/refusals.ts";
import type { Gateway } from "../settling/state.ts";

const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const FIRST_LOOKUP_MS = 1_000;

/**
 * Asks the candidates of a call one after the other, three at most, until one has answered or failed for good. Nothing of a
 * failed attempt reached the caller. Each failed one is a row before the next begins, so that whoever settles the call
 * knows whom to ask.
 */
export async function ask<E extends RelayEnd>(
  gateway: Gateway,
  call: HeldCall,
  relay: (candidate: Candidate) => Promise<E>,
  changed: () => void,
): Promise<E> {
  for (let attempt = 1; ; attempt += 1) {
    const { serving } = call;
    const before = breakerOf(gateway, serving);
    serving.health.breaker.began();
    const end = await relay(serving);
    judge(gateway, call, end);
    const after = breakerOf(gateway, serving);
    if (after !== before) tellBreaker(gateway, serving, after);
    if (attempt === MAX_ATTEMPTS || !mayGoElsewhere(end)) return end;
    const next = nextOf(gateway, call);
    if (!next || !(await failOver(gateway, call, end, next))) return end;
    call.attempts += 1;
    changed();
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    await delay(pauseMs * (0.5 + Math.random() / 2));
  }
}

/** What an attempt says about the provider, for its breaker and for the order of later calls. */
function judge(gateway: Gateway, { serving, actor }: HeldCall, end: RelayEnd): void {
  const { deps, metrics } = gateway;
  const { health, provider, ownKey } = serving;
  const outcome = outcomeOf(end);
  metrics.attempts.inc({ provider: provider.id, outcome });
  const now = deps.clock.now().getTime();
  if (end.end === "left" || outcome === "provider_refused_request") health.breaker.left();
  else if (end.end === "failed" || outcome === "empty") health.failed(now);
  else health.succeeded(now, end.firstContentMs);
  if (ownKey === null) return;
  const noted = end.fault?.keyRefused ? keyRefused : end.end === "complete" ? keyWorked : null;
  noted?.(gateway, actor.orgId, ownKey).catch((err: unknown) =>
    deps.logger.warn({ err }, "what became of an own key was not noted"),
  );
}

const breakerOf = ({ deps }: Gateway, { health }: Candidate): BreakerState =>
  health.breaker.state(deps.clock.now().getTime());

/**
 * The other processes, and operators: a breaker that opened or closed in this one. What an organization's own key meets is
 * no news of the provider.
 */
function tellBreaker({ breakers, deps }: Gateway, candidate: Candidate, state: BreakerState): void {
  const { provider, model, ownKey } = candidate;
  if (ownKey !== null) return;
  if (state !== "probing") breakers.changed(candidate);
  const told = { provider: provider.id, model: model.id, breaker: state };
  deps.hub.publish("llm.provider.state", null, told, `${provider.id} ${model.id}`);
}

/** Before the first content nothing binds; what is wrong with the request itself is wrong everywhere. */
function mayGoElsewhere(end: RelayEnd): boolean {
  if (end.content) return false;
  if (end.end === "failed") return end.fault?.elsewhere ?? true;
  return end.end === "complete" && outcomeOf(end) === "empty";
}

/** The next candidate that is well, or null. */
function nextOf({ deps }: Gateway, { route, serving }: HeldCall): Candidate | null {
  const now = deps.clock.now().getTime();
  const rest = route.candidates.slice(route.candidates.indexOf(serving) + 1);
  return rest.find(({ health }) => health.breaker.admits(now)) ?? null;
}

/** False when the database did not take it: then the failed attempt is the last one. */
async function failOver(gateway: Gateway, call: HeldCall, end: RelayEnd, next: Candidate): Promise<boolean> {
  const { deps, metrics } = gateway;
  const { orgId } = call.actor;
  const { serving, requestId } = call;
  const now = deps.clock.now();
  const { usage, generationId } = end;
  const bill = usage && billed(serving.price, usage, call.row.created_at);
  const failed = {
    id: newId("att"),
    provider: serving.provider.id,
    model: serving.model.id,
    priceVersion: serving.price.version,
    outcome: outcomeOf(end),
    usd: bill === null ? null : formatAtto(bill),
    // Its bill is our loss, once the provider's books tell it.
    generationId:
      usage || serving.ownKey || serving.provider.llm.lookupPauses.length === 0 ? null : generationId,
    lookupAt: addMs(now, FIRST_LOOKUP_MS),
  };
  const served = {
    provider: next.provider.id,
    model: next.model.id,
    priceVersion: next.price.version,
    ownKeyId: next.ownKey,
  };
  try {
    await withTx(deps.db, orgId, (tx) => noteFailover(tx, orgId, { requestId, failed, served, now }));
  } catch (err) {
    deps.logger.warn({ err, request_id: requestId }, "failover not noted, so not done");
    return false;
  }
  metrics.lost(bill ?? 0n);
  call.serving = next;
  call.row = {
    ...call.row,
    provider: served.provider,
    model: served.model,
    price_version: served.priceVersion,
    own_key_id: served.ownKeyId,
  };
  call.noted.generationId = null;
  return true;
}

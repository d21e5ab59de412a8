import { boundCost, guessTokens } from "./bound/bound.ts";
import type { HeldCall } from "./held-call.ts";
import { boundsOf } from "../limits/bound.ts";
import { takeRates } from "../limits/rates.ts";
import { gatewayProblems } from "../problems.ts";
import { Problem } from "../../../platform/problem.ts";
import { hold, type Asking } from "../settling/hold.ts";
import type { Gateway } from "../settling/state.ts";

/** Takes the rates, then the hold with its budgets: all of it or nothing. `tell` hears of the rates. */
export async function takeHold(
  gateway: Gateway,
  asking: Omit<Asking, "limits" | "rates">,
  tell: (name: string, value: string) => void,
): Promise<HeldCall> {
  const { actor, chat, route, startedAt } = asking;
  const limits = boundsOf(actor, await gateway.policies.of(actor.orgId, actor.mode));
  const now = gateway.deps.clock.now();
  const rates = await takeRates(gateway.deps.limiter.meter, {
    bounds: limits,
    tokens: limits.some(({ tpm }) => tpm !== null) ? guessTokens(boundCost(chat, route.model, now)) : 0,
    now,
    header: tell,
  });
  try {
    const call = await hold(gateway, { ...asking, limits, rates });
    gateway.metrics.addedSeconds.observe((performance.now() - startedAt) / 1_000);
    return call;
  } catch (error) {
    rates.giveBack();
    throw error;
  }
}

/** Reads, chooses and holds. What is refused here costs nothing and is counted by its reason. */
export async function admitted<T>(gateway: Gateway, admit: () => Promise<T>): Promise<T> {
  try {
    // Before anything is waited for: afterwards this call counts as well.
    if (gateway.running.size >= gateway.deps.maxOpenCalls)
      throw new Problem(gatewayProblems.no_provider_available, { retryAfter: 1 });
    return await admit();
  } catch (error) {
    gateway.metrics.refused.inc({ reason: error instanceof Problem ? error.kind.code : "internal" });
    throw error;
  }
}

/** Carries a held call out. After a fault of our own nobody here will settle it: its lease lapses and the reconciler does. */
export async function carried<T>(gateway: Gateway, call: HeldCall, act: () => Promise<T>): Promise<T> {
  gateway.calls.add(call);
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Problem)) gateway.calls.delete(call);
    throw error;
  } finally {
    call.fold?.end();
  }
}

import { StripeFault, thinTypes } from "../../vendors/stripe/index.ts";
import type { AnyHandler, Effect, InboxEvent, Prepared } from "../webhooks/index.ts";
import type { BillingDeps } from "./deps.ts";
import { createFetchLimit } from "./payments/fetch-limit.ts";
import { askForEvent } from "./payments/stripe/ask-stripe.ts";

type Passed = { by: AnyHandler; facts: unknown };
type Expanded = { by: AnyHandler; event: InboxEvent };

/**
 * Thin events of Stripe: the object is fetched, and the event handed on as the snapshot it would have been, of the time of
 * the answer. Its references are those of the snapshot, so both may come.
 */
export function thinHandler(deps: BillingDeps, handlers: readonly AnyHandler[]): AnyHandler {
  const limit = createFetchLimit(deps.clock);
  const takenBy = (type: string) => handlers.find(({ types }) => types.has(type));

  const expand = async (event: InboxEvent): Promise<Expanded | Prepared<never>> => {
    const at = deps.clock.now();
    const snapshot = await askForEvent(limit, () => deps.stripe.expandThin(event.body, at).catch(goneIsNull));
    if (snapshot === "gone") return { kind: "ignored", code: "object_gone" };
    if (snapshot && "kind" in snapshot) return snapshot;
    const by = snapshot && takenBy(snapshot.type);
    if (!by) return { kind: "dead", code: "unreadable", detail: "Names no object that can be asked for" };
    return { by, event: { ...event, type: snapshot.type, body: snapshot.body, createdAt: at } };
  };

  return {
    source: "stripe",
    types: new Set(thinTypes(handlers.flatMap(({ types }) => [...types]))),
    async prepare(events, signal) {
      const expanded = await Promise.all(events.map(expand));
      const answers: Prepared<Passed>[] = [];
      for (const by of handlers) {
        const mine = expanded.flatMap((one, at) =>
          "by" in one && one.by === by ? [{ at, event: one.event }] : [],
        );
        if (mine.length === 0) continue;
        const results: Prepared<unknown>[] = await by.prepare(
          mine.map(({ event }) => event),
          signal,
        );
        for (const [place, { at }] of mine.entries()) {
          const result = results[place];
          if (result)
            answers[at] =
              result.kind === "facts" ? { ...result, facts: { by, facts: result.facts } } : result;
        }
      }
      return expanded.map(
        (one, at) => answers[at] ?? ("by" in one ? { kind: "ignored", code: "not_ours" } : one),
      );
    },
    async apply(tx, org, facts: readonly Passed[], now) {
      const effects: Effect[][] = facts.map(() => []);
      for (const by of handlers) {
        const mine = facts.flatMap((fact, at) => (fact.by === by ? [{ at, facts: fact.facts }] : []));
        if (mine.length === 0) continue;
        const done = await by.apply(
          tx,
          org,
          mine.map((one) => one.facts),
          now,
        );
        for (const [place, { at }] of mine.entries()) effects[at] = done[place] ?? [];
      }
      return effects;
    },
  };
}

/** What was deleted there tells no more of itself; the events before it told what they had to. */
function goneIsNull(error: unknown): "gone" {
  if (error instanceof StripeFault && error.kind === "not_found") return "gone";
  throw error;
}

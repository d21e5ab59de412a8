import type { InboxDeps } from "../deps.ts";
import type { AnyHandler, InboxEvent } from "../events/event.ts";
import { sourceOf } from "../sources/source.ts";

/** Several handlers may share a source; type and account tell whose an event is. Null for one that nobody handles. */
export function handlerOf({ handlers }: InboxDeps, event: InboxEvent): AnyHandler | null {
  const found = handlers.find(
    ({ source, types, accountId }) =>
      source === event.source && types.has(event.type) && (accountId ?? event.accountId) === event.accountId,
  );
  return found ?? null;
}

/** Why nobody handles it: of an account that nothing is sold by, or of a type that is nothing to us. */
export const unhandledCode = (
  { handlers }: InboxDeps,
  event: InboxEvent,
): "other_account" | "unhandled_type" =>
  handlers.some(({ source, types }) => source === event.source && types.has(event.type))
    ? "other_account"
    : "unhandled_type";

/**
 * Told when an event is stored; asked again of one that is replayed, since replay opens what was ignored. Its bytes alone
 * tell: where they need a header to be read, the company names no mode.
 */
export function isOtherMode({ sources }: InboxDeps, event: InboxEvent): boolean {
  const envelope = sourceOf(sources, event.source, event.accountId)?.read(event.body, {});
  return envelope ? envelope.livemode !== (event.mode === "live") : false;
}

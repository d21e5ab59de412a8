import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

/** `live`: changes arrive by themselves. `polling`: the stream is broken, so screens ask every few seconds. */
export type Liveness = "connecting" | "live" | "polling";

/** Which queries an event makes stale, by the first part of their key. */
const STALE: Record<string, readonly string[]> = {
  "credits.changed": ["balance", "ledger", "checkout", "auto-topup"],
  "payment.updated": ["refunds", "payments", "checkout", "balance"],
  "payment_method.updated": ["payment-methods", "billing-customer"],
  "subscription.updated": ["subscription", "balance", "checkout"],
  "invoice.updated": ["invoices"],
  // Told to operators alone.
  "llm.provider.state": ["llm"],
  "llm.request.settled": ["usage", "balance", "ledger"],
  "limits.changed": ["token-limits", "api-keys"],
  "budget.warned": ["token-limits"],
  "reconciliation.progress": ["reconciliation"],
  "job.updated": ["jobs"],
  // Whose it was shows when we ask who we are: one that has ended answers 401.
  "session.revoked": ["me", "sessions"],
  "member.updated": ["team", "me"],
  "invitation.accepted": ["team"],
  "api_key.updated": ["api-keys"],
  "webhooks.counts": ["events", "dead-letters"],
  "replay.progress": ["replays"],
};
const TOPICS = Object.keys(STALE);
/** The first of a burst of events shows this soon, the rest this far apart: a busy hour stays far from the rate limits. */
const FIRST_MS = 250;
const APART_MS = 1_500;
const RETRY_MS = 5_000;

let liveness: Liveness = "connecting";
const readers = new Set<() => void>();
const set = (next: Liveness) => {
  if (next === liveness) return;
  liveness = next;
  for (const reader of readers) reader();
};

export const useLiveness = (): Liveness =>
  useSyncExternalStore(
    (reader) => {
      readers.add(reader);
      return () => void readers.delete(reader);
    },
    () => liveness,
  );

/** For queries: how often to ask while nothing tells us. */
export const pollMs = (): number | false => (liveness === "live" ? false : 4_000);

/** Listens to the organization's one stream and refreshes what its events touch. Returns the way to stop. */
export function listenLive(client: QueryClient): () => void {
  const stale = new Set<string>();
  let refresh: ReturnType<typeof setTimeout> | undefined;
  let refreshedAt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;

  const invalidate = (keys: readonly string[]) => {
    for (const key of keys) stale.add(key);
    refresh ??= setTimeout(
      () => {
        refresh = undefined;
        refreshedAt = performance.now();
        const now = [...stale];
        stale.clear();
        for (const key of now) void client.invalidateQueries({ queryKey: [key] });
      },
      Math.max(FIRST_MS, refreshedAt + APART_MS - performance.now()),
    );
  };
  const everything = () => invalidate([...new Set(Object.values(STALE).flat())]);
  const open = () => {
    source = new EventSource(`/api/stream?topics=${TOPICS.join(",")}`, { withCredentials: true });
    source.onopen = () => {
      // What happened while we were not listening is unknown.
      if (liveness === "polling") everything();
      set("live");
    };
    source.onerror = () => {
      set("polling");
      // A refused stream is closed for good: the browser retries only broken ones.
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    };
    for (const topic of TOPICS) source.addEventListener(topic, () => invalidate(STALE[topic] ?? []));
    source.addEventListener("stream.gap", everything);
  };
  open();
  return () => {
    clearTimeout(refresh);
    clearTimeout(retry);
    source?.close();
    set("connecting");
  };
}

import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { Announce } from "../../../kernel/ledger/index.ts";
import { announce } from "./announce.ts";
import type { RelayDeps } from "./deps.ts";
import { createPost } from "./messages/post.ts";
import { countPending, listDue, type Due } from "./messages/queue-store.ts";
import { deleteOld, listOrgsWithOld } from "./messages/message-store.ts";
import { AT_ONCE_PER_ENDPOINT, claim, send, type Sending } from "./messages/send.ts";

/** Messages that one process sends at once. */
const AT_ONCE = 32;
const CHANNEL = "payments.relay";
const KEPT_MS = 30 * 86_400_000;
const PURGED_AT_ONCE = 1_000;

/** The relay of one process. */
export type Relay = {
  readonly deps: RelayDeps;
  /** What other modules are handed to tell of their changes. */
  readonly announce: Announce;
  /** Tells senders of every process, after the commit, that something is due. */
  tell(): void;
  /** `wake` is called when something is due, here or in another process, or a place is free. */
  onDue(wake: () => void): void;
  /** Starts sending what is due, as much as there are places for. */
  deliverDue(signal: AbortSignal): Promise<void>;
  purge(): Promise<boolean>;
  /** What is under way goes back to the queue. */
  stop(): Promise<void>;
};

export function createRelay(deps: RelayDeps): Relay {
  const { db, clock, bus, config, metrics, logger } = deps;
  const timeoutMs = config.RELAY_TIMEOUT_SECONDS * 1000;
  const post = createPost({ clock, timeoutMs, privateHosts: config.RELAY_PRIVATE_HOSTS });
  const seconds = metrics.histogram("relay_seconds", "Seconds of an attempt to deliver", ["outcome"]);
  const pending = metrics.gauge("relay_pending", "Messages that wait or are being sent", [], async () => {
    pending.set(await withOperatorTx(db, (tx) => countPending(tx)));
  });
  const stopping = new AbortController();
  const running = new Map<Promise<void>, string>();
  let wake = () => {};

  const start = (sending: Sending): void => {
    const began = performance.now();
    const work = async () => {
      const outcome = await send(deps, post, sending, stopping.signal);
      if (outcome)
        seconds.observe({ outcome: outcome.error ?? "delivered" }, (performance.now() - began) / 1000);
    };
    const done: Promise<void> = work()
      // The lease runs out, and somebody sends it again.
      .catch((err: unknown) => logger.error({ err, message_id: sending.due.id }, "delivery not recorded"))
      .finally(() => {
        running.delete(done);
        wake();
      });
    running.set(done, sending.due.endpointId);
  };
  const full = (): string[] => {
    const counts = new Map<string, number>();
    for (const id of running.values()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= AT_ONCE_PER_ENDPOINT).map(([id]) => id);
  };

  return {
    deps,
    async announce(tx, org, events) {
      const { messages } = await announce(tx, org, events, clock.now());
      if (messages > 0) tx.afterCommit(() => bus.publish(CHANNEL, "due"));
    },
    tell: () => bus.publish(CHANNEL, "due"),
    onDue(fn) {
      wake = fn;
      bus.subscribe(CHANNEL, () => wake());
    },
    async deliverDue(signal) {
      const refused = new Set<string>();
      while (running.size < AT_ONCE && !signal.aborted) {
        const without = [...refused, ...full()];
        const limit = AT_ONCE - running.size;
        const due = await withOperatorTx(db, (tx) => listDue(tx, clock.now(), { without, limit }));
        if (due.length === 0 || !(await startAll(deps, due, { refused, full, start }))) return;
      }
    },
    purge: () => purge(deps),
    async stop() {
      stopping.abort();
      await Promise.all(running.keys());
    },
  };
}

/**
 * Claims each that still may be sent; false when nothing came of it. An endpoint that has no place is not asked again in
 * this round.
 */
async function startAll(
  deps: RelayDeps,
  due: readonly Due[],
  { refused, full, start }: { refused: Set<string>; full(): string[]; start(sending: Sending): void },
): Promise<boolean> {
  let moved = false;
  for (const one of due) {
    if (refused.has(one.endpointId) || full().includes(one.endpointId)) continue;
    const claimed = await claim(deps, one);
    if (claimed === "busy") refused.add(one.endpointId);
    else if (claimed) start(claimed);
    moved ||= claimed !== null;
  }
  return moved;
}

/** Forgets messages and answers that ended 30 days ago. True when there may be more. */
async function purge({ db, clock }: RelayDeps): Promise<boolean> {
  const before = addMs(clock.now(), -KEPT_MS);
  const orgs = await withOperatorTx(db, (tx) => listOrgsWithOld(tx, before, PURGED_AT_ONCE));
  let deleted = 0;
  for (const org of orgs)
    deleted += await withTx(db, org, (tx) => deleteOld(tx, org, before, PURGED_AT_ONCE));
  return deleted >= PURGED_AT_ONCE;
}

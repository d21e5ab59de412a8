import { addMs } from "../../../platform/clock.ts";
import { withSystemTx, withTx, type Db, type Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { InboxDeps } from "../deps.ts";
import type { AnyHandler, Effect, Prepared } from "../events/event.ts";
import { handlerOf, isOtherMode, unhandledCode } from "./handler-of.ts";
import { openBody } from "../events/payload.ts";
import { RuleBroken } from "../problems.ts";
import { retryAt, waitUntil } from "./retry.ts";
import type { Signals } from "../signals.ts";
import { claimEvents, finishEvents, releaseClaim, renewLease, type Claimed, type Outcome } from "../store.ts";

/** Events of one claim, and how many organizations of it are applied at once. */
const CLAIM_LIMIT = 256;
const ORGS_AT_ONCE = 4;
/** A lease is renewed three times before it lapses, so a killed process stalls its events for 15 s at most. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** All that `prepare` may take for one claim. */
const WORK_MS = 60_000;
const DETAIL_CHARS = 500;

/** Another process took the events over; nothing of this attempt may be kept. */
class LeaseLost extends Error {}

/** The worker is being stopped, or the claim took too long: it is given back as it is. */
class Stopped extends Error {}

type Work = {
  deps: InboxDeps;
  signals: Signals;
  claim: string;
  startedAt: number;
  signal: AbortSignal;
};
/** What is nobody's has no organization. */
type Owner = OrgId | null;
type Ready = { event: Claimed; orgId: Owner; facts: unknown };

/** Claims what is due and applies it. True when there may be more. */
export async function processEvents(
  deps: InboxDeps,
  signals: Signals,
  stopping: AbortSignal,
): Promise<boolean> {
  const { db, clock, logger } = deps;
  const claim = newId("run");
  const now = clock.now();
  const lease = () => addMs(clock.now(), LEASE_MS);
  const events = await withSystemTx(db, (tx) =>
    claimEvents(tx, { id: claim, now, leaseUntil: lease(), limit: CLAIM_LIMIT }),
  );
  if (events.length === 0) return false;
  const renewal = setInterval(() => {
    withSystemTx(db, (tx) => renewLease(tx, claim, lease())).catch((err: unknown) =>
      logger.warn({ err }, "lease not renewed"),
    );
  }, RENEW_MS);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(WORK_MS)]);
  try {
    await work({ deps, signals, claim, startedAt: performance.now(), signal }, events);
  } catch (error) {
    if (error instanceof LeaseLost) logger.warn({ claim }, "lease lost");
    else await withSystemTx(db, (tx) => releaseClaim(tx, claim));
    if (!(error instanceof LeaseLost || error instanceof Stopped)) throw error;
  } finally {
    clearInterval(renewal);
    deps.hub.publish("webhooks.counts", null);
  }
  return true;
}

async function work(work: Work, events: readonly Claimed[]): Promise<void> {
  const ready = new Map<AnyHandler, Map<Owner, Ready[]>>();
  const ended: Outcome[] = [];
  const ours: Claimed[] = [];
  for (const event of events) {
    const opened = open(work.deps, event);
    if (opened instanceof Error) ended.push(unreadable(work, event, opened));
    else if (event.isCopy) ended.push(outcome(work, event, { state: "ignored", errorCode: "copy" }));
    else if (event.replays > 0 && isOtherMode(work.deps, opened))
      ended.push(outcome(work, event, { state: "ignored", errorCode: "other_mode" }));
    else ours.push(opened);
  }
  for (const [handler, mine] of byHandler(work.deps, ours)) {
    if (!handler) {
      for (const event of mine)
        ended.push(outcome(work, event, { state: "ignored", errorCode: unhandledCode(work.deps, event) }));
      continue;
    }
    const groups = new Map<Owner, Ready[]>();
    for (const { event, result } of await prepare(work, handler, mine)) {
      if (result instanceof Error) ended.push(failure(work, event, result));
      else if (result.kind !== "facts") ended.push(unready(work, event, result));
      else append(groups, result.orgId, { event, orgId: result.orgId, facts: result.facts });
    }
    ready.set(handler, groups);
  }
  if (work.signal.aborted) throw new Stopped();
  await finish(work, ended);
  for (const [handler, groups] of ready) {
    const queue = [...groups.values()];
    const lane = async () => {
      for (let group = queue.shift(); group; group = queue.shift()) await apply(work, handler, group);
    };
    await Promise.all(Array.from({ length: ORGS_AT_ONCE }, lane));
  }
}

/** With its exact bytes; why not, where they cannot be opened. */
function open({ sealer }: InboxDeps, event: Claimed): Claimed | Error {
  try {
    return { ...event, body: openBody(sealer, event.id, event), sealed: false };
  } catch (error) {
    return toError(error);
  }
}

/** Null stands for events that nobody handles. */
function byHandler(deps: InboxDeps, events: readonly Claimed[]): Map<AnyHandler | null, Claimed[]> {
  const groups = new Map<AnyHandler | null, Claimed[]>();
  for (const event of events) append(groups, handlerOf(deps, event), event);
  return groups;
}

function append<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}

type PreparedEvent = { event: Claimed; result: Prepared<unknown, Owner> | Error };

/** A batch that throws is prepared again one by one, so that only the culprit fails. */
async function prepare(
  work: Work,
  handler: AnyHandler,
  events: readonly Claimed[],
): Promise<PreparedEvent[]> {
  try {
    const results = await handler.prepare(events, work.signal);
    return events.map((event, i) => ({ event, result: results[i] ?? new Error("not prepared") }));
  } catch (error) {
    if (work.signal.aborted) throw new Stopped();
    if (databaseGone(error)) throw error;
    const [only] = events;
    if (only && events.length === 1) return [{ event: only, result: toError(error) }];
    const results: PreparedEvent[] = [];
    for (const event of events) results.push(...(await prepare(work, handler, [event])));
    return results;
  }
}

/** Applies one organization's facts and writes "processed" in the same transaction; a batch that throws, one by one. */
async function apply(work: Work, handler: AnyHandler, group: readonly Ready[]): Promise<void> {
  const [first] = group;
  if (!first) return;
  const { db, clock } = work.deps;
  try {
    const outcomes = await withOwnersTx(db, first.orgId, async (tx) => {
      const now = clock.now();
      const facts = group.map((ready) => ready.facts);
      const effects = await handler.apply(tx, first.orgId, facts, now);
      const done = group.map(({ event }, i) => processed(work, event, first.orgId, effects[i] ?? []));
      if (!(await finishEvents(tx, work.claim, done, now))) throw new LeaseLost();
      return done;
    });
    observe(work, outcomes);
  } catch (error) {
    if (error instanceof LeaseLost || databaseGone(error)) throw error;
    if (group.length === 1) await finish(work, [failure(work, first.event, toError(error))]);
    else for (const one of group) await apply(work, handler, [one]);
  }
}

const withOwnersTx = <T>(db: Db, orgId: Owner, fn: (tx: Tx) => Promise<T>): Promise<T> =>
  orgId === null ? withSystemTx(db, fn) : withTx(db, orgId, fn);

async function finish(work: Work, outcomes: readonly Outcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await withSystemTx(work.deps.db, async (tx) => {
    if (!(await finishEvents(tx, work.claim, outcomes, work.deps.clock.now()))) throw new LeaseLost();
  });
  observe(work, outcomes);
}

function observe({ signals }: Work, outcomes: readonly Outcome[]): void {
  for (const { event, state, ms } of outcomes)
    signals.process.observe({ type: signals.typeLabel(event.type), result: state }, ms / 1000);
}

function outcome(work: Work, event: Claimed, change: Partial<Outcome> & Pick<Outcome, "state">): Outcome {
  return {
    event,
    attempts: event.attempts + 1,
    nextAttemptAt: work.deps.clock.now(),
    orgId: null,
    errorCode: null,
    effects: [],
    ms: performance.now() - work.startedAt,
    ...change,
    errorDetail: change.errorDetail ? storable(change.errorDetail) : null,
  };
}

const processed = (work: Work, event: Claimed, orgId: Owner, effects: Effect[]) =>
  outcome(work, event, { state: "processed", orgId, effects });

function unready(
  work: Work,
  event: Claimed,
  result: Exclude<Prepared<unknown, Owner>, { kind: "facts" }>,
): Outcome {
  if (result.kind === "ignored") return outcome(work, event, { state: "ignored", errorCode: result.code });
  if (result.kind === "dead")
    return outcome(work, event, { state: "dead", errorCode: result.code, errorDetail: result.detail });
  const nextAttemptAt = waitUntil(work.deps.clock.now(), event.queuedAt, Math.random(), result.isOurs);
  if (!nextAttemptAt)
    return outcome(work, event, { state: "dead", errorCode: result.code, errorDetail: "Waited 3 days" });
  const { attempts } = event;
  return outcome(work, event, { state: "waiting_retry", attempts, nextAttemptAt, errorCode: result.code });
}

function unreadable(work: Work, event: Claimed, err: Error): Outcome {
  work.deps.logger.error({ err, event_id: event.id }, "a stored event cannot be opened");
  return outcome(work, event, {
    state: "dead",
    errorCode: "sealed",
    errorDetail: "Its bytes cannot be opened",
  });
}

function failure(work: Work, event: Claimed, error: Error): Outcome {
  const errorDetail = error.message;
  if (error instanceof RuleBroken)
    return outcome(work, event, { state: "dead", errorCode: error.rule, errorDetail });
  if (isUnstorable(error)) {
    const detail = "It holds text that the database cannot store, such as NUL";
    return outcome(work, event, { state: "dead", errorCode: "unstorable_text", errorDetail: detail });
  }
  const errorCode = error instanceof Problem ? error.kind.code : "failed";
  const attempts = event.attempts + 1;
  work.deps.logger.warn({ err: error, event_id: event.id, attempts }, "event failed");
  if (attempts >= event.maxAttempts) return outcome(work, event, { state: "dead", errorCode, errorDetail });
  const nextAttemptAt = retryAt(work.deps.clock.now(), attempts, Math.random());
  return outcome(work, event, { state: "waiting_retry", nextAttemptAt, errorCode, errorDetail });
}

/** PostgreSQL's: text that is not valid in its encoding, and JSON escapes that stand for such text. */
const UNSTORABLE = new Set(["22021", "22P05"]);

/** However often it is tried, it ends alike. */
function isUnstorable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (UNSTORABLE.has(String((cause as { code?: unknown }).code))) return true;
  return false;
}

/** A text column takes no NUL: an error that quotes one would fail to be written, and be tried again for ever. */
const storable = (text: string): string => text.replaceAll("\0", "").slice(0, DETAIL_CHARS);

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Not the event's fault, so nothing is counted: the claim is given back, or lapses. */
const databaseGone = (error: unknown) =>
  error instanceof Problem && error.kind.code === common.database_unavailable.code;

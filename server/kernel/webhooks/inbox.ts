import {
  backfillNow,
  getBackfill,
  requestBackfill,
  runBackfill,
  type BackfillId,
  type BackfillInput,
  type BackfillRow,
} from "./backfills/backfill.ts";
import { backfill, type Backfill } from "./backfills/read-list.ts";
import { createLane, withSystemTx, type Tx } from "../../platform/db/index.ts";
import type { Id } from "../../platform/ids.ts";
import type { InboxDeps } from "./deps.ts";
import {
  changeEndpoint,
  createEndpoint,
  removeEndpoint,
  type EndpointChange,
  type EndpointInput,
} from "./endpoints/change.ts";
import type { EndpointId, EndpointView, SecretId, SecretView } from "./endpoints/endpoint.ts";
import { ensureEndpoints } from "./endpoints/ensure.ts";
import { createEndpoints } from "./endpoints/known.ts";
import { addSecret, removeSecret, type SecretInput } from "./endpoints/secrets.ts";
import { viewEndpoints } from "./endpoints/store.ts";
import { discardEvents } from "./events/discard.ts";
import type { EventId } from "./events/event.ts";
import type { EventFilter } from "./events/filter.ts";
import { insertEvents } from "./intake/insert-events.ts";
import { processEvents } from "./work/process.ts";
import {
  countEvents,
  getEvent,
  listDeadLetters,
  listEvents,
  readHours,
  type DeadLetterRow,
  type EventCounts,
  type EventDetail,
  type EventRow,
  type InboxHour,
} from "./events/read.ts";
import { readPayload } from "./events/read-payload.ts";
import { purge } from "./work/purge.ts";
import { receive, type Delivery } from "./intake/receive.ts";
import { recordEvents, type Recorded, type RecordedAt } from "./events/record.ts";
import { replayEvent } from "./events/replay.ts";
import { rehearseEvent } from "./replays/rehearse-event.ts";
import type { Diff, ReplayDetail, ReplayId, ReplayView } from "./replays/replay.ts";
import { advanceReplays, getReplay, prepareReplay, runReplay, stopReplay } from "./replays/run.ts";
import { listReplays } from "./replays/store.ts";
import { createSignals } from "./signals.ts";
import { sweepLeases } from "./store.ts";
import { createWriter } from "./intake/writer.ts";

/** Tells workers of other processes that something was stored. Within 50 ms many are one. */
export const RECEIVED_TOPIC = "webhooks.received";

type Page = { limit: number; cursor: { at: Date; id: string } | null };

/** The inbox of this process: every action, its dependencies at hand. */
export type Inbox = {
  readonly deps: InboxDeps;
  /** Makes the default endpoint of each source, with what configuration tells of it. */
  ensureEndpoints(): Promise<void>;
  /** See `receive.ts`. */
  receive(delivery: Delivery): Promise<void>;
  /** Claims what is due and applies it; true when there may be more. */
  process(stopping: AbortSignal): Promise<boolean>;
  /** Deletes what is kept long enough; true when there may be more. */
  purge(): Promise<boolean>;
  /** Gives events of dead processes back to the queue; how many. */
  sweep(): Promise<number>;
  backfill(signal: AbortSignal): Promise<Backfill>;
  /** See `backfills/backfill.ts`. */
  requestBackfill(
    input: BackfillInput,
    by: { actorId: string; operationId: Id<"idk"> },
    enqueue: (tx: Tx, id: BackfillId) => Promise<unknown>,
  ): Promise<BackfillRow>;
  backfillOf(id: BackfillId): Promise<BackfillRow>;
  backfillNow(
    range: { accountId: string; from: Date; to: Date },
    by: { actorId: string; signal: AbortSignal },
  ): Promise<Backfill>;
  runBackfill(id: BackfillId, run: { attempt: number; signal: AbortSignal }): Promise<void>;
  /** Stores what a company's books tell and no event does; how many are new. They take the path of every event. */
  record(of: RecordedAt, records: readonly Recorded[]): Promise<number>;
  replay(id: EventId, actorId: string): Promise<EventDetail>;
  /** What replaying the event now would change; nothing does. */
  rehearse(id: EventId, signal: AbortSignal): Promise<Diff>;
  /** Replays of many, see `replays/run.ts`. */
  prepareReplay(
    filter: EventFilter,
    by: { actorId: string; operationId: Id<"idk">; asked: Record<string, string> },
  ): Promise<ReplayDetail>;
  runReplay(id: ReplayId, actorId: string): Promise<ReplayDetail>;
  stopReplay(id: ReplayId, actorId: string): Promise<ReplayDetail>;
  replayOf(id: ReplayId): Promise<ReplayDetail>;
  replays(page: Page): Promise<ReplayView[]>;
  /** Queues what running replays are due to; true when there was something. */
  advanceReplays(): Promise<boolean>;
  discard(input: { ids: readonly EventId[]; reason: string }, actorId: string): Promise<number>;
  list(filter: EventFilter, page: Page): Promise<{ rows: EventRow[]; hasMore: boolean }>;
  get(id: EventId): Promise<EventDetail>;
  /** The exact bytes. It is noted who read them. */
  payload(id: EventId, actorId: string): Promise<Buffer>;
  counts(): Promise<EventCounts>;
  /** What came in each of the last hours, and how long it waited. */
  hours(hours: number): Promise<InboxHour[]>;
  deadLetters(): Promise<DeadLetterRow[]>;
  endpoints(): Promise<EndpointView[]>;
  /** See `endpoints/change.ts` and `endpoints/secrets.ts`. */
  createEndpoint(
    input: EndpointInput,
    by: { actorId: string; operationId: Id<"idk"> },
  ): Promise<EndpointView>;
  changeEndpoint(id: EndpointId, change: EndpointChange, actorId: string): Promise<EndpointView>;
  removeEndpoint(id: EndpointId, actorId: string): Promise<void>;
  addSecret(id: EndpointId, input: SecretInput, actorId: string): Promise<SecretView>;
  removeSecret(id: EndpointId, secretId: SecretId, actorId: string): Promise<void>;
  /** Calls `listener` whenever this process stored or requeued an event. */
  onStored(listener: () => void): void;
};

export function createInbox(deps: InboxDeps): Inbox {
  const { db, clock, hub } = deps;
  const endpoints = createEndpoints(deps);
  const signals = createSignals(deps);
  const lane = createLane(db);
  const writer = createWriter((events) => insertEvents(lane, events));
  const listeners: (() => void)[] = [];
  const stored = () => {
    for (const listener of listeners) listener();
    hub.publish(RECEIVED_TOPIC, null);
    hub.publish("webhooks.counts", null);
  };
  const told = async (work: Promise<Backfill>) => {
    const result = await work;
    if (result.new > 0) stored();
    return result;
  };
  return {
    deps,
    ensureEndpoints: () => ensureEndpoints(deps),
    async receive(delivery) {
      await receive({ deps, endpoints, signals, writer }, delivery);
      stored();
    },
    process: (stopping) => processEvents(deps, signals, stopping),
    purge: () => purge(deps),
    sweep: () => withSystemTx(db, (tx) => sweepLeases(tx, clock.now())),
    backfill: (signal) => told(backfill({ deps, endpoints }, signal)),
    requestBackfill: (input, by, enqueue) => requestBackfill(deps, input, by, enqueue),
    backfillOf: (id) => getBackfill(deps, id),
    backfillNow: (range, by) => told(backfillNow({ deps, endpoints }, range, by)),
    async runBackfill(id, run) {
      if ((await runBackfill({ deps, endpoints }, id, run)) > 0) stored();
    },
    async record(of, records) {
      const added = await recordEvents(deps, of, records);
      if (added > 0) stored();
      return added;
    },
    ...replaying(deps, stored),
    ...reading(deps),
    ...endpointActs(deps),
    onStored: (listener) => void listeners.push(listener),
  };
}

type Replaying = Pick<
  Inbox,
  | "replay"
  | "rehearse"
  | "prepareReplay"
  | "runReplay"
  | "stopReplay"
  | "replayOf"
  | "replays"
  | "advanceReplays"
  | "discard"
>;

function replaying(deps: InboxDeps, stored: () => void): Replaying {
  const { db } = deps;
  return {
    async replay(id, actorId) {
      const event = await replayEvent(deps, id, actorId);
      stored();
      return event;
    },
    rehearse: (id, signal) => rehearseEvent(deps, id, signal),
    prepareReplay: (filter, by) => prepareReplay(deps, filter, by),
    runReplay: (id, actorId) => runReplay(deps, id, actorId),
    stopReplay: (id, actorId) => stopReplay(deps, id, actorId),
    replayOf: (id) => getReplay(deps, id),
    replays: (page) => withSystemTx(db, (tx) => listReplays(tx, page)),
    async advanceReplays() {
      const queued = await advanceReplays(deps);
      if (queued) stored();
      return queued;
    },
    discard: (input, actorId) => discardEvents(deps, input, actorId),
  };
}

function reading(
  deps: InboxDeps,
): Pick<Inbox, "list" | "get" | "payload" | "counts" | "hours" | "deadLetters"> {
  const { db, clock } = deps;
  return {
    list: (filter, page) => withSystemTx(db, (tx) => listEvents(tx, filter, page)),
    get: (id) => withSystemTx(db, (tx) => getEvent(tx, id)),
    payload: (id, actorId) => readPayload(deps, id, actorId),
    counts: () => withSystemTx(db, (tx) => countEvents(tx, clock.now())),
    hours: (hours) => withSystemTx(db, (tx) => readHours(tx, clock.now(), hours)),
    deadLetters: () => withSystemTx(db, listDeadLetters),
  };
}

type EndpointActs = Pick<
  Inbox,
  "endpoints" | "createEndpoint" | "changeEndpoint" | "removeEndpoint" | "addSecret" | "removeSecret"
>;

function endpointActs(deps: InboxDeps): EndpointActs {
  return {
    endpoints: () => withSystemTx(deps.db, (tx) => viewEndpoints(tx)),
    createEndpoint: (input, by) => createEndpoint(deps, input, by),
    changeEndpoint: (id, change, actorId) => changeEndpoint(deps, id, change, actorId),
    removeEndpoint: (id, actorId) => removeEndpoint(deps, id, actorId),
    addSecret: (id, input, actorId) => addSecret(deps, id, input, actorId),
    removeSecret: (id, secretId, actorId) => removeSecret(deps, id, secretId, actorId),
  };
}

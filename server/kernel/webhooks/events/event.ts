/** Events of the inbox and the two halves that apply them. Types and pure rules. */
import type { Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId } from "../../../platform/ids.ts";

export type EventId = Id<"evt">;
export type EventState = "received" | "waiting_retry" | "processing" | "processed" | "dead" | "ignored";
export type Mode = "test" | "live";
export type Origin = "delivery" | "backfill" | "reconciliation";

/** A stored event as its handler gets it. */
export type InboxEvent = {
  readonly id: EventId;
  readonly source: string;
  readonly endpointId: string;
  readonly accountId: string;
  readonly mode: Mode;
  readonly providerEventId: string;
  readonly type: string;
  /** The object whose events run one at a time. */
  readonly root: string;
  readonly objectId: string;
  readonly createdAt: Date;
  readonly receivedAt: Date;
  readonly body: Buffer;
};

/** What an event did, shown to the operator: rows, transactions. */
export type Effect = { kind: string; id: string };

/** What `prepare` found out about one event. `O` is null for facts that belong to no organization. */
export type Prepared<F, O extends OrgId | null = OrgId> =
  | { kind: "facts"; orgId: O; facts: F }
  /** Nothing of ours. */
  | { kind: "ignored"; code: string }
  /** The company is away or a parent is missing: asked again later, up to 3 days, without counting an attempt. */
  | {
      kind: "wait";
      code: string;
      /** It is our own bound that holds it up: asked again, however long that takes. */
      isOurs?: boolean;
    }
  /** Will never work: dead at once. */
  | { kind: "dead"; code: string; detail: string };

/**
 * Applies events of one source, in batches; several handlers of one source are told apart by type. `prepare` may use the
 * network and answers in the order of its input; `apply` may not: it runs in one transaction of the organization (or of
 * none), in which "processed" is written too, so that its effects happen exactly once. A batch that throws is run again one
 * event at a time.
 */
export type Handler<F, O extends OrgId | null = OrgId> = {
  readonly source: string;
  /** Left out: events of every account. */
  readonly accountId?: string;
  /** Types that it handles; those that nobody handles are ignored. They are also the only ones that metrics name. */
  readonly types: ReadonlySet<string>;
  prepare(events: readonly InboxEvent[], signal: AbortSignal): Promise<Prepared<F, O>[]>;
  /** Effects per fact, in order. Throw `RuleBroken` for an event that must not be applied. */
  apply(tx: Tx, org: O, facts: readonly F[], now: Date): Promise<Effect[][]>;
};

/** A handler whatever its facts are; the inbox only carries them from one half to the other. */
// eslint-disable-next-line typescript/no-explicit-any
export type AnyHandler = Handler<any, any>;

/** Replays of many events. Types and bounds. */
import type { WebhooksReplays } from "../../../../db/rows.ts";
import type { Change, Narrowed } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import type { EventId } from "../events/event.ts";

export type ReplayId = Id<"rpl">;
export type ReplayState = "preparing" | "ready" | "running" | "done" | "cancelled";

/** Events of one replay, and how many of them are rehearsed when it is made. */
export const MAX_EVENTS = 10_000;
export const SAMPLES = 50;
/** Events put back into the queue a second, over all processes. */
export const PER_SECOND = 50;

/** What one row would become; entries, mails and relays are told from other rows. */
export type DiffChange = Change & { kind: "row" | "entry" | "mail" | "relay" };

/** What replaying one event now would do. */
export type Diff = {
  event_id: EventId;
  /** `applies`: its changes are listed. Else it would end like this, and change nothing. */
  result: "applies" | "ignored" | "waits" | "dead" | "fails";
  code: string | null;
  detail: string | null;
  changes: DiffChange[];
  /** There are changes beyond those listed. */
  more: boolean;
};

export type Progress = {
  waiting: number;
  queued: number;
  changed: number;
  unchanged: number;
  failed: number;
  cancelled: number;
};

export type ReplayRow = Narrowed<
  Omit<WebhooksReplays, "operation_id" | "next_batch_at" | "samples">,
  { id: ReplayId; state: ReplayState; filter: Record<string, string> }
>;
export type ReplayView = ReplayRow & { progress: Progress };
export type ReplayDetail = ReplayView & { samples: Diff[] };

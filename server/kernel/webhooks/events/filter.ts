/** Which events an operator means, as SQL. Pure. */
import type { EventState, Origin } from "./event.ts";

export type EventFilter = {
  state?: EventState | undefined;
  type?: string | undefined;
  source?: string | undefined;
  endpointId?: string | undefined;
  /** The event's object or its root. */
  objectId?: string | undefined;
  orgId?: string | undefined;
  origin?: Origin | undefined;
  errorCode?: string | undefined;
  /** Inclusive. */
  receivedFrom?: Date | undefined;
  /** Exclusive. */
  receivedTo?: Date | undefined;
};

export type Conditions = {
  /** Of the table `webhooks.events e`; the source is left to the caller. */
  where: string;
  values: unknown[];
  /** Adds a value; returns its placeholder. */
  add(value: unknown): string;
  /** The same for the same SQL. */
  shape: string;
};

const STATES: ReadonlySet<string> = new Set<EventState>([
  "received", "waiting_retry", "processing", "processed", "dead", "ignored",
]); // prettier-ignore
const ORIGINS: ReadonlySet<string> = new Set<Origin>(["delivery", "backfill", "reconciliation"]);

/** A word of our own, written out: only so may the planner use an index of some states. */
function literal(word: string, known: ReadonlySet<string>): string {
  if (!known.has(word)) throw new Error(`assertion failed: ${word} is one of ours`);
  return `'${word}'`;
}

export function conditionsOf(
  filter: EventFilter,
  cursor: { at: Date; id: string } | null = null,
): Conditions {
  const values: unknown[] = [];
  const parts: string[] = [];
  const shape: string[] = [];
  const add = (value: unknown) => `$${values.push(value)}`;
  const when = (name: string, value: unknown, sql: (placeholder: string) => string) => {
    if (value === undefined) return;
    parts.push(sql(add(value)));
    shape.push(name);
  };
  for (const [name, word, known] of [
    ["state", filter.state, STATES],
    ["origin", filter.origin, ORIGINS],
  ] as const) {
    if (word === undefined) continue;
    parts.push(`e.${name} = ${literal(word, known)}`);
    shape.push(word);
  }
  // A list of one, so that an order by type means something to the planner, which it then takes the index of.
  when("type", filter.type, (it) => `e.type = any(array[${it}])`);
  when("endpoint", filter.endpointId, (it) => `e.endpoint_id = ${it}`);
  when("object", filter.objectId, (it) => `(e.object_id = ${it} or e.root = ${it})`);
  when("org", filter.orgId, (it) => `e.org_id = ${it}`);
  when("error", filter.errorCode, (it) => `e.error_code = ${it}`);
  when("from", filter.receivedFrom, (it) => `e.received_at >= ${it}`);
  when("to", filter.receivedTo, (it) => `e.received_at < ${it}`);
  if (cursor) {
    parts.push(`(e.received_at, e.id) < (${add(cursor.at)}, ${add(cursor.id)})`);
    shape.push("after");
  }
  return { where: parts.length > 0 ? parts.join(" and ") : "true", values, add, shape: shape.join("_") };
}

import type { OpenStore } from "./store.ts";

const TABLE = `create table if not exists deliveries (
  id integer primary key, company text not null, event_id text not null, event_type text not null,
  endpoint_id text not null, state text not null, copy integer not null default 0, attempts integer not null default 0,
  due_ms integer not null, ord real not null, status integer, error text, fault text, updated_ms integer not null);
create index if not exists deliveries_due on deliveries (state, due_ms, ord, id);
create index if not exists deliveries_event on deliveries (event_id);`;

/** One event on its way to one endpoint. A copy is sent once and counts for nothing. */
export type Delivery = {
  id: number;
  company: string;
  event_id: string;
  event_type: string;
  endpoint_id: string;
  state: "waiting" | "delivered" | "gave_up";
  copy: boolean;
  attempts: number;
  due_ms: number;
  status: number | null;
  error: string | null;
  fault: string | null;
  updated_ms: number;
};
export type NewDelivery = Pick<
  Delivery,
  "company" | "event_id" | "event_type" | "endpoint_id" | "copy" | "due_ms"
>;
/** What became of one attempt. */
export type Attempt = {
  state: Delivery["state"];
  dueMs: number;
  status: number | null;
  error: string | null;
  fault: string | null;
};

const toDelivery = (row: Record<string, unknown>): Delivery =>
  ({ ...row, copy: row["copy"] === 1 }) as unknown as Delivery;

/** The deliveries of one world in its books. */
export class Deliveries {
  readonly #store: OpenStore;
  constructor(store: OpenStore) {
    this.#store = store;
    store.ensure("deliveries", TABLE);
  }

  insert(row: NewDelivery, order: number, now: number): void {
    this.#store.run(
      `insert into deliveries (company, event_id, event_type, endpoint_id, state, copy, due_ms, ord, updated_ms)
       values (?, ?, ?, ?, 'waiting', ?, ?, ?, ?)`,
      row.company,
      row.event_id,
      row.event_type,
      row.endpoint_id,
      row.copy ? 1 : 0,
      Math.ceil(row.due_ms),
      order,
      now,
    );
  }

  find(id: number): Delivery | null {
    const row = this.#store.get("select * from deliveries where id = ?", id);
    return row === null ? null : toDelivery(row);
  }

  due(now: number, limit: number): Delivery[] {
    return this.#store
      .all(
        "select * from deliveries where state = 'waiting' and due_ms <= ? order by due_ms, ord, id limit ?",
        now,
        limit,
      )
      .map(toDelivery);
  }

  /** The first `limit` that wait, whenever they fall due. */
  waiting(limit: number): { id: number; dueMs: number }[] {
    return this.#store
      .all(
        "select id, due_ms from deliveries where state = 'waiting' order by due_ms, ord, id limit ?",
        limit,
      )
      .map((row) => ({ id: Number(row["id"]), dueMs: Number(row["due_ms"]) }));
  }

  record(id: number, attempt: Attempt, now: number): void {
    this.#store.run(
      `update deliveries set state = ?, attempts = attempts + 1, due_ms = ?, status = ?, error = ?, fault = ?,
       updated_ms = ? where id = ?`,
      attempt.state,
      attempt.dueMs,
      attempt.status,
      attempt.error,
      attempt.fault,
      now,
      id,
    );
  }

  retryAt(id: number, dueMs: number): void {
    this.#store.run("update deliveries set state = 'waiting', due_ms = ? where id = ?", dueMs, id);
  }

  list({ state, event, limit = 100 }: { state?: string; event?: string; limit?: number }): Delivery[] {
    return this.#store
      .all(
        `select * from deliveries where (? is null or state = ?) and (? is null or event_id = ? or event_type = ?)
         order by id desc limit ?`,
        state ?? null,
        state ?? null,
        event ?? null,
        event ?? null,
        event ?? null,
        limit,
      )
      .map(toDelivery);
  }
}

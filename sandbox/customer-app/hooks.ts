/** A world's hooks: how each answers, and what came. */
import type { World } from "../core/company.ts";

export const ANSWERS = ["200", "500", "410", "302", "429", "never"] as const;
export type HookAnswer = (typeof ANSWERS)[number];

export type Hook = { name: string; answer: HookAnswer; secret: string | null; retryAfter: number | null };
export type Delivery = {
  seq: number;
  hook: string;
  at: string;
  webhookId: string;
  type: string;
  verified: boolean;
  fault: string | null;
  answered: HookAnswer;
  body: string;
};

/** Kept of each world. */
const MOST = 10_000;

function open({ store }: World): void {
  store.ensure(
    "customer-app",
    `create table if not exists customer_hooks (name text primary key, answer text not null, secret text, retry_after integer);
     create table if not exists customer_deliveries (seq integer primary key autoincrement, hook text not null, at text not null,
       webhook_id text not null, type text not null, fault text, answered text not null, body text not null)`,
  );
}

/** A hook that nobody set up answers 200 and knows no secret. */
export function findHook(world: World, name: string): Hook {
  open(world);
  const row = world.store.get("select * from customer_hooks where name = ?", name);
  if (!row) return { name, answer: "200", secret: null, retryAfter: null };
  return {
    name,
    answer: String(row["answer"]) as HookAnswer,
    secret: row["secret"] === null ? null : String(row["secret"]),
    retryAfter: row["retry_after"] === null ? null : Number(row["retry_after"]),
  };
}

export function saveHook(world: World, { name, answer, secret, retryAfter }: Hook): void {
  open(world);
  const sql = "insert or replace into customer_hooks (name, answer, secret, retry_after) values (?, ?, ?, ?)";
  world.store.run(sql, name, answer, secret, retryAfter);
}

export function addDelivery(world: World, row: Omit<Delivery, "seq" | "verified">): void {
  open(world);
  world.store.run(
    "insert into customer_deliveries (hook, at, webhook_id, type, fault, answered, body) values (?, ?, ?, ?, ?, ?, ?)",
    row.hook,
    row.at,
    row.webhookId,
    row.type,
    row.fault,
    row.answered,
    row.body,
  );
  world.store.run(
    "delete from customer_deliveries where seq <= (select max(seq) from customer_deliveries) - ?",
    MOST,
  );
}

/** Oldest first; of all hooks when none is named. */
export function listDeliveries(world: World, hook: string | null): Delivery[] {
  open(world);
  const rows = world.store.all(
    "select * from customer_deliveries where ? is null or hook = ? order by seq",
    hook,
    hook,
  );
  return rows.map((row) => ({
    seq: Number(row["seq"]),
    hook: String(row["hook"]),
    at: String(row["at"]),
    webhookId: String(row["webhook_id"]),
    type: String(row["type"]),
    verified: row["fault"] === null,
    fault: row["fault"] === null ? null : String(row["fault"]),
    answered: String(row["answered"]) as HookAnswer,
    body: String(row["body"]),
  }));
}

import type { Sql, World } from "../core/company.ts";
import { invalid, missing } from "./protocol/errors.ts";
import { created as createdField, integer, text, type Read } from "./protocol/params.ts";

/** What every object of Stripe's has. */
export type StripeObject = { id: string; object: string; created?: number };

const TABLES = `
create table if not exists stripe_objects (
  seq integer primary key, id text not null unique, kind text not null, created integer not null, body text not null);
create index if not exists stripe_objects_kind on stripe_objects (kind, seq);
create index if not exists stripe_objects_intent on stripe_objects (kind, body ->> '$.payment_intent', seq)
  where kind in ('charge', 'refund', 'checkout.session');
create index if not exists stripe_objects_invoice on stripe_objects (kind, body ->> '$.invoice', seq)
  where kind in ('invoice_payment', 'invoiceitem', 'credit_note');
create index if not exists stripe_objects_paid_by on stripe_objects (body ->> '$.payment.payment_intent')
  where kind = 'invoice_payment';
create index if not exists stripe_objects_invoiced on stripe_objects (
  body ->> '$.parent.subscription_details.subscription', seq) where kind = 'invoice';
create index if not exists stripe_objects_customer on stripe_objects (kind, body ->> '$.customer', seq)
  where body ->> '$.customer' is not null;
create table if not exists stripe_events (
  seq integer primary key, id text not null unique, type text not null, created integer not null,
  pending integer not null, body text not null);
create index if not exists stripe_events_type on stripe_events (type, seq);
create table if not exists stripe_idempotency (
  key text primary key, fingerprint text not null, status integer, body text, request_id text not null,
  created_ms integer not null) without rowid;
create index if not exists stripe_idempotency_age on stripe_idempotency (created_ms);
create table if not exists stripe_secrets (
  endpoint_id text not null, secret text not null, ends_at integer, primary key (endpoint_id, secret)) without rowid;
create table if not exists stripe_facts (name text primary key, value text not null) without rowid;
create table if not exists stripe_payout_lines (
  transaction_id text primary key, payout_id text not null) without rowid;
create index if not exists stripe_payout_lines_payout on stripe_payout_lines (payout_id);
create table if not exists stripe_clock_agenda (
  seq integer primary key, clock_id text not null, at integer not null, kind text not null, payload text not null,
  key text unique);
create index if not exists stripe_clock_agenda_at on stripe_clock_agenda (clock_id, at, seq);`;

export function openBooks(world: World): void {
  world.store.ensure("stripe", TABLES);
}

export function insertObject<T extends StripeObject>(world: World, object: T): T {
  world.store.run(
    "insert into stripe_objects (id, kind, created, body) values (?, ?, ?, ?)",
    object.id,
    object.object,
    object.created ?? world.clock.seconds(),
    JSON.stringify(object),
  );
  return object;
}

export function saveObject<T extends StripeObject>(world: World, object: T): T {
  world.store.run("update stripe_objects set body = ? where id = ?", JSON.stringify(object), object.id);
  return object;
}

export function deleteObject(world: World, id: string): void {
  world.store.run("delete from stripe_objects where id = ?", id);
}

export function findObject<T extends StripeObject>(world: World, kind: T["object"], id: string): T | null {
  const row = world.store.get("select body from stripe_objects where id = ? and kind = ?", id, kind);
  return row === null ? null : (JSON.parse(String(row["body"])) as T);
}

/** Something worth keeping that no object shows. */
export function saveFact(world: World, name: string, value: unknown): void {
  world.store.run(
    "insert or replace into stripe_facts (name, value) values (?, ?)",
    name,
    JSON.stringify(value),
  );
}
export function findFact<T>(world: World, name: string): T | null {
  const row = world.store.get("select value from stripe_facts where name = ?", name);
  return row === null ? null : (JSON.parse(String(row["value"])) as T);
}
/** Whatever object has this id; for `expand`. */
export function findAny(world: World, id: string): StripeObject | null {
  const row = world.store.get("select body from stripe_objects where id = ?", id);
  return row === null ? null : (JSON.parse(String(row["body"])) as StripeObject);
}

/** The object a path or a parameter names, or Stripe's `No such …`. */
export function getObject<T extends StripeObject>(
  world: World,
  kind: T["object"],
  id: string,
  param: string | null = null,
): T {
  const found = findObject<T>(world, kind, id);
  if (found !== null) return found;
  const word =
    kind === "checkout.session" ? "checkout.session" : kind === "payment_method" ? "PaymentMethod" : kind;
  throw missing(word, id, param ?? PATH_PARAMS[kind] ?? "id", param === null ? 404 : 400);
}

/** Stripe names the parameter after the resource where a path holds the id. */
const PATH_PARAMS: Readonly<Record<string, string>> = {
  payment_intent: "intent",
  charge: "charge",
  price: "price",
  refund: "refund",
  "checkout.session": "session",
  webhook_endpoint: "webhook_endpoint",
  setup_intent: "intent",
  invoice: "invoice",
  dispute: "dispute",
  payout: "payout",
  coupon: "coupon",
  promotion_code: "promotion_code",
};

export const paging = { limit: integer(1, 100), starting_after: text(), ending_before: text() };
export const pagingCreated = { ...paging, created: createdField() };
export type Paging = Read<typeof pagingCreated>;

export type ListPage<T> = { object: "list"; data: T[]; has_more: boolean; url: string };

/** Conditions on the columns and on fields of the body. */
export type Conditions = { sql: string; values: Sql[] }[];

export function fieldIs(name: string, value: string | boolean | number | undefined): Conditions {
  if (value === undefined) return [];
  // sqlite reads JSON's true as 1.
  return [{ sql: `body ->> '$.${name}' = ?`, values: [typeof value === "boolean" ? Number(value) : value] }];
}

/** A column or a field of the body within a range of times. */
export function within(name: string, range: Paging["created"]): Conditions {
  if (range === undefined) return [];
  const signs = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
  return Object.entries(range).map(([bound, at]) => ({
    sql: `${name} ${signs[bound as keyof typeof signs]} ?`,
    values: [at],
  }));
}

/** One page, newest first, as Stripe's cursors cut it: the cursor's object itself is left out. */
export function listRows(
  world: World,
  table: "stripe_objects" | "stripe_events",
  given: Conditions,
  page: Paging,
): { rows: { id: string; body: string; pending: number }[]; hasMore: boolean } {
  const limit = page.limit ?? 10;
  const conditions = [...given, ...within("created", page.created)];
  if (page.starting_after !== undefined && page.ending_before !== undefined) {
    throw invalid("Received unknown parameter: ending_before", "ending_before");
  }
  const cursor = page.starting_after ?? page.ending_before;
  const backwards = page.ending_before !== undefined;
  if (cursor !== undefined) {
    const row = world.store.get(`select seq from ${table} where id = ?`, cursor);
    const param = backwards ? "ending_before" : "starting_after";
    if (row === null) throw missing(table === "stripe_events" ? "event" : "object", cursor, param, 400);
    conditions.push({ sql: `seq ${backwards ? ">" : "<"} ?`, values: [row["seq"] ?? 0] });
  }
  const where = conditions.length === 0 ? "true" : conditions.map((c) => c.sql).join(" and ");
  const found = world.store.all(
    `select * from ${table} where ${where} order by seq ${backwards ? "asc" : "desc"} limit ?`,
    ...conditions.flatMap((c) => c.values),
    limit + 1,
  );
  const rows = found.slice(0, limit).map((row) => ({
    id: String(row["id"]),
    body: String(row["body"]),
    pending: Number(row["pending"] ?? 0),
  }));
  if (backwards) rows.reverse();
  return { rows, hasMore: found.length > limit };
}

export function listObjects<T extends StripeObject>(
  world: World,
  kind: T["object"],
  url: string,
  page: Paging,
  conditions: Conditions = [],
): ListPage<T> {
  const ofKind = { sql: "kind = ?", values: [kind] };
  const { rows, hasMore } = listRows(world, "stripe_objects", [ofKind, ...conditions], page);
  return { object: "list", data: rows.map((row) => JSON.parse(row.body) as T), has_more: hasMore, url };
}

/** All objects of a kind for which the conditions hold, oldest first: for the inside, where lists are short. */
export function allObjects<T extends StripeObject>(
  world: World,
  kind: T["object"],
  conditions: Conditions = [],
): T[] {
  const where = ["kind = ?", ...conditions.map((c) => c.sql)].join(" and ");
  return world.store
    .all(
      `select body from stripe_objects where ${where} order by seq`,
      kind,
      ...conditions.flatMap((c) => c.values),
    )
    .map((row) => JSON.parse(String(row["body"])) as T);
}

const PREFIXES = {
  customer: ["cus_", 14],
  product: ["prod_", 14],
  price: ["price_1", 23],
  "checkout.session": ["cs_test_a1", 56],
  item: ["li_1", 23],
  payment_intent: ["pi_3", 23],
  payment_method: ["pm_1", 23],
  charge: ["ch_3", 23],
  refund: ["re_3", 23],
  balance_transaction: ["txn_3", 23],
  setup_intent: ["seti_1", 23],
  subscription: ["sub_1", 23],
  subscription_item: ["si_", 14],
  subscription_schedule: ["sub_sched_1", 23],
  invoice: ["in_1", 23],
  invoice_line: ["il_1", 23],
  invoice_payment: ["inpay_1", 23],
  invoiceitem: ["ii_1", 23],
  dispute: ["du_1", 23],
  payout: ["po_1", 23],
  bank_account: ["ba_1", 23],
  fraud_warning: ["issfr_1", 23],
  event_destination: ["ed_test_6", 30],
  coupon: ["", 8],
  promotion_code: ["promo_1", 23],
  tax_id: ["txi_1", 23],
  "tax.calculation": ["taxcalc_1", 23],
  discount: ["di_1", 23],
  portal_session: ["bps_1", 23],
  portal_configuration: ["bpc_1", 23],
  test_clock: ["clock_1", 23],
  event: ["evt_1", 23],
  webhook_endpoint: ["we_1", 23],
  request: ["req_", 14],
  secret: ["whsec_", 32],
} as const;

export function newId(world: World, kind: keyof typeof PREFIXES): string {
  const [prefix, length] = PREFIXES[kind];
  return prefix + world.random(`stripe:${kind}`).id(length);
}

import type { Sql, World } from "../core/company.ts";
import { notFound } from "./errors.ts";
import { BUYERS_TABLE } from "./billing/buyers-table.ts";
import { LEDGER_TABLE } from "./reporting/ledger.ts";
import { SETTINGS_TABLE } from "./reporting/settings.ts";

const TABLES = `
create table if not exists paypal_objects (
  seq integer primary key, id text not null unique, kind text not null, parent text, created_ms integer not null,
  body text not null, meta text not null);
create index if not exists paypal_objects_kind on paypal_objects (kind, seq);
create index if not exists paypal_objects_parent on paypal_objects (parent, kind, seq);
create table if not exists paypal_events (
  seq integer primary key, id text not null unique, type text not null, created_ms integer not null,
  resource_id text not null, simulated integer not null, body text not null);
create index if not exists paypal_events_resource on paypal_events (resource_id, seq);
create table if not exists paypal_webhooks (
  seq integer primary key, id text not null unique, url text not null, types text not null, own integer not null);
create table if not exists paypal_transmissions (
  seq integer primary key, id text not null unique, event_id text not null, endpoint_id text not null,
  sent_s integer not null, open integer not null);
create index if not exists paypal_transmissions_event on paypal_transmissions (event_id, endpoint_id, seq);
create table if not exists paypal_request_ids (
  operation text not null, request_id text not null, object_id text not null, created_ms integer not null,
  primary key (operation, request_id)) without rowid;`;

/** Makes the tables of a world; every file of this folder may then use them. */
export function openBooks(world: World): void {
  world.store.ensure("paypal", TABLES + LEDGER_TABLE + SETTINGS_TABLE + BUYERS_TABLE);
}

export type Link = { href: string; rel: string; method: "GET" | "POST" | "PATCH" | "DELETE" | "REDIRECT" };
export type Kind =
  | "order"
  | "authorization"
  | "capture"
  | "refund"
  | "product"
  | "plan"
  | "subscription"
  | "sale"
  | "setup-token"
  | "payment-token"
  | "dispute";

/** An object of PayPal's: `body` as it is shown, `meta` what PayPal keeps to itself. */
export type Entry<B, M> = {
  id: string;
  kind: Kind;
  parent: string | null;
  createdMs: number;
  body: B;
  meta: M;
};

function toEntry<B, M>(row: Record<string, unknown>): Entry<B, M> {
  return {
    id: String(row["id"]),
    kind: row["kind"] as Kind,
    parent: row["parent"] === null ? null : String(row["parent"]),
    createdMs: Number(row["created_ms"]),
    body: JSON.parse(String(row["body"])) as B,
    meta: JSON.parse(String(row["meta"])) as M,
  };
}

export function insert<B, M>(world: World, entry: Omit<Entry<B, M>, "createdMs">): Entry<B, M> {
  const createdMs = world.clock.now();
  world.store.run(
    "insert into paypal_objects (id, kind, parent, created_ms, body, meta) values (?, ?, ?, ?, ?, ?)",
    entry.id,
    entry.kind,
    entry.parent,
    createdMs,
    JSON.stringify(entry.body),
    JSON.stringify(entry.meta),
  );
  return { ...entry, createdMs };
}

export function save<B, M>(world: World, entry: Entry<B, M>): Entry<B, M> {
  world.store.run(
    "update paypal_objects set body = ?, meta = ? where id = ?",
    JSON.stringify(entry.body),
    JSON.stringify(entry.meta),
    entry.id,
  );
  return entry;
}

export function find<B, M>(world: World, kind: Kind, id: string): Entry<B, M> | null {
  const row = world.store.get("select * from paypal_objects where id = ? and kind = ?", id, kind);
  return row === null ? null : toEntry<B, M>(row);
}

/** The object that a path names, or PayPal's 404. */
export function get<B, M>(world: World, kind: Kind, id: string): Entry<B, M> {
  const found = find<B, M>(world, kind, id);
  if (found === null) throw notFound();
  return found;
}

/** All of a kind below one parent, oldest first. */
export function childrenOf<B, M>(world: World, parent: string, kind: Kind): Entry<B, M>[] {
  return world.store
    .all("select * from paypal_objects where parent = ? and kind = ? order by seq", parent, kind)
    .map((row) => toEntry<B, M>(row));
}

/** Those for which `condition` holds, oldest first; for short lists. */
export function select<B, M>(world: World, kind: Kind, condition = "true", ...values: Sql[]): Entry<B, M>[] {
  return world.store
    .all(`select * from paypal_objects where kind = ? and ${condition} order by seq`, kind, ...values)
    .map((row) => toEntry<B, M>(row));
}

/** The newest `limit` of a kind. */
export function newest(world: World, kind: Kind, limit: number): Entry<Record<string, unknown>, unknown>[] {
  return world.store
    .all("select * from paypal_objects where kind = ? order by seq desc limit ?", kind, limit)
    .map((row) => toEntry<Record<string, unknown>, unknown>(row));
}

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** An id as PayPal writes most of them: 17 of 0-9A-Z. */
export function newId(world: World, kind: string, length = 17): string {
  const dice = world.random(`paypal:${kind}`);
  return Array.from({ length }, () => LETTERS[dice.int(36)]).join("");
}

/** Without fractions of a second, as PayPal writes the times of its objects. */
export const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Where the API of a world is reached. */
export const apiBase = (world: World): string => `${world.baseUrl}/paypal`;

export const link = (world: World, path: string, rel: string, method: Link["method"] = "GET"): Link => ({
  href: apiBase(world) + path,
  rel,
  method,
});

import type { World } from "../core/company.ts";

const TABLES = `
create table if not exists resend_emails (
  n integer primary key autoincrement, id text not null unique, created_ms integer not null, body text not null,
  last_event text not null, scheduled_ms integer);
create table if not exists resend_deliveries (
  n integer primary key autoincrement, address text not null, email_id text not null, arrived_ms integer not null,
  unique (address, email_id));
create index if not exists resend_deliveries_address on resend_deliveries (address, n);
create table if not exists resend_suppressed (address text primary key, reason text not null) without rowid;
create table if not exists resend_events (
  n integer primary key autoincrement, id text not null unique, type text not null, created_ms integer not null,
  body text not null);
create table if not exists resend_webhooks (
  n integer primary key autoincrement, id text not null unique, created_ms integer not null, endpoint text not null,
  events text not null, status text not null, secret text not null, own integer not null default 0);
create table if not exists resend_domains (
  n integer primary key autoincrement, id text not null unique, name text not null unique, created_ms integer not null);
create table if not exists resend_idempotency (
  key text primary key, fingerprint text not null, body text not null, created_ms integer not null) without rowid;`;

/** Makes the tables of a world; every file of this folder may then use them. */
export function openBooks(world: World): void {
  world.store.ensure("resend", TABLES);
}

/** A UUID (version 4 by its digits) from the world's own dice. */
export function newUuid(world: World, rule: string): string {
  const dice = world.random(`resend:${rule}`);
  let hex = "";
  while (hex.length < 32) hex += dice.int(0x10000).toString(16).padStart(4, "0");
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4] ?? "8";
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ].join("-");
}

export const iso = (ms: number): string => new Date(ms).toISOString();

/** `Ann <Ann@Example.com>` → `ann@example.com` */
export function bareAddress(text: string): string {
  return (/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text).trim().toLowerCase();
}

const MAX_PAGE = 100;

/** A page of a list, newest first, as Resend pages: `after` and `before` name an object. */
export function readPage(query: URLSearchParams): {
  limit: number;
  after: string | null;
  before: string | null;
} {
  const limit = Number(query.get("limit") ?? 20);
  return {
    limit: Number.isInteger(limit) ? Math.min(Math.max(limit, 1), MAX_PAGE) : 20,
    after: query.get("after"),
    before: query.get("before"),
  };
}

/** Rows of `table` on one page. */
export function listRows(
  world: World,
  table: "resend_emails" | "resend_webhooks" | "resend_domains",
  query: URLSearchParams,
): { rows: Record<string, unknown>[]; hasMore: boolean } {
  const { limit, after, before } = readPage(query);
  const rows = world.store.all(
    `select * from ${table} where (?1 is null or n < (select n from ${table} where id = ?1))
     and (?2 is null or n > (select n from ${table} where id = ?2)) order by n desc limit ?3`,
    after,
    before,
    limit + 1,
  );
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}

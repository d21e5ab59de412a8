import { randomUUIDv7 } from "node:crypto";

/** Prefixes in use; one per kind of row, so that an id tells what it names. */
export type IdPrefix =
  | "usr" | "ses" | "otl" | "org" | "key" | "whe" | "evt" | "run" | "txn" | "grt" | "hold" | "pay" | "ref" | "cus"
  | "req" | "att" | "prv" | "idk" | "aud"; // prettier-ignore

/** A prefixed, time-sortable id: `org_` and the 32 hex digits of a UUIDv7. */
export type Id<P extends IdPrefix = IdPrefix> = `${P}_${string}`;
export type OrgId = Id<"org">;
export type UserId = Id<"usr">;
export type KeyId = Id<"key">;
export type HoldId = Id<"hold">;

/** Makes a new id; ids made later sort later (millisecond resolution, then a counter within the process). */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return `${prefix}_${randomUUIDv7().replaceAll("-", "")}`;
}

const SHAPE = /^[a-z]{3,4}_[0-9a-f]{32}$/;

/** True for a well-formed id of this prefix. The only shape that may be put into a tenant setting. */
export function isId<P extends IdPrefix>(prefix: P, value: unknown): value is Id<P> {
  return typeof value === "string" && value.startsWith(`${prefix}_`) && SHAPE.test(value);
}

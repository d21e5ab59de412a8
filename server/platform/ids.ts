import { randomUUIDv7 } from "node:crypto";

/** Prefixes in use; one per kind of row, so that an id tells what it names. */
export type IdPrefix =
  | "usr" | "ses" | "otl" | "org" | "key" | "whe" | "whs" | "rpl" | "bfl" | "evt" | "run" | "txn" | "grt" | "hold" | "pay" | "ref" | "cus"
  | "req" | "mem" | "att" | "prv" | "idk" | "aud" | "job" | "mail" | "ivt" | "prg" | "oac" | "pky" | "chl" | "rft" | "sgk" | "adc" | "del"
  | "jti" | "oar" | "dvc" | "mfr" | "pvk" | "sub" | "inv" | "pmt" | "adj" | "brk" | "out" | "msg" | "pym"; // prettier-ignore

/** A prefixed, time-sortable id: `org_` and the 32 hex digits of a UUIDv7. */
export type Id<P extends IdPrefix = IdPrefix> = `${P}_${string}`;
export type OrgId = Id<"org">;
export type UserId = Id<"usr">;
export type KeyId = Id<"key">;
export type HoldId = Id<"hold">;

/** The tenant of what concerns no organization: set-up, registrations, operators' acts, the installation's own jobs. */
export const INSTALLATION: OrgId = `org_${"0".repeat(32)}`;

let lastMs = 0;
let counter = 0;

/** Makes a new id. Ids made later in this process sort later: the 12 bits after the version count within a millisecond. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if ((counter += 1) > 0xfff) {
    lastMs += 1;
    counter = 0;
  }
  const random = randomUUIDv7().slice(19).replace("-", "");
  return `${prefix}_${lastMs.toString(16).padStart(12, "0")}7${counter.toString(16).padStart(3, "0")}${random}`;
}

const SHAPE = /^[a-z]{3,4}_[0-9a-f]{32}$/;

/** True for a well-formed id of this prefix. The only shape that may be put into a tenant setting. */
export function isId<P extends IdPrefix>(prefix: P, value: unknown): value is Id<P> {
  return typeof value === "string" && value.startsWith(`${prefix}_`) && SHAPE.test(value);
}

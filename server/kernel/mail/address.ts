/** What is known of an address, and who is told when it changes: every process that remembers it. */
import { hashToken } from "../../platform/crypto/index.ts";
import { withSystemTx, type Tx } from "../../platform/db/index.ts";
import { findAddressState, flagAddress, proveAddress, type AddressState } from "./address-store.ts";
import type { MailDeps } from "./deps.ts";

const CACHED_SECONDS = 300;

/** Under its hash: the names of what is cached go through logs and counts. */
const nameOf = (address: string): string => hashToken(address).toString("base64url");
const tagOf = (address: string): string => `address:${nameOf(address)}`;

/** The state of an address, as this process or another remembers it; a change shows within milliseconds. */
export function knownState({ cache, db }: MailDeps, address: string): Promise<AddressState> {
  const entry = { resource: "profile", org: null, key: nameOf(address), tags: [tagOf(address)] };
  return cache.get({ ...entry, ttlSeconds: CACHED_SECONDS }, () =>
    withSystemTx(db, (tx) => findAddressState(tx, address)),
  );
}

/** False when that was known. */
export async function flag(
  tx: Tx,
  { cache }: Pick<MailDeps, "cache">,
  address: string,
  state: Exclude<AddressState, "fine">,
  at: Date,
): Promise<boolean> {
  const isNews = await flagAddress(tx, address, state, at);
  if (isNews) cache.invalidate(tx, [tagOf(address)]);
  return isNews;
}

export async function prove(tx: Tx, { cache, clock }: MailDeps, address: string): Promise<void> {
  await proveAddress(tx, address, clock.now());
  cache.invalidate(tx, [tagOf(address)]);
}

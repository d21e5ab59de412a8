/** SQL of what is known of addresses. */
import type { Tx } from "../../platform/db/index.ts";

/** `fine` is also the state of an address that nothing is known of. */
export type AddressState = "fine" | "bounced" | "complained";

export async function findAddressState(tx: Tx, address: string): Promise<AddressState> {
  const [row] = await tx.query<{ state: AddressState }>(
    "mail.address",
    "select state from mail.addresses where address = $1",
    [address],
  );
  return row?.state ?? "fine";
}

/**
 * Flags an address, unless it was proven after `at` or something later is known. A complaint stays one: a bounce beside it
 * tells less. False when that was known.
 */
export async function flagAddress(
  tx: Tx,
  address: string,
  state: Exclude<AddressState, "fine">,
  at: Date,
): Promise<boolean> {
  const rows = await tx.query(
    "mail.flag",
    `insert into mail.addresses (address, state, flagged_at) values ($1, $2, $3)
     on conflict (address) do update set flagged_at = greatest(addresses.flagged_at, excluded.flagged_at),
       state = case when addresses.state = 'complained' then addresses.state else excluded.state end
     where (addresses.proven_at is null or excluded.flagged_at > addresses.proven_at)
       and (addresses.flagged_at is null or excluded.flagged_at > addresses.flagged_at
         or addresses.state not in ('complained', excluded.state))
     returning address`,
    [address, state, at],
  );
  return rows.length > 0;
}

/** The person has shown that mail arrives there. */
export async function proveAddress(tx: Tx, address: string, at: Date): Promise<void> {
  await tx.query(
    "mail.prove",
    `insert into mail.addresses (address, state, proven_at) values ($1, 'fine', $2)
     on conflict (address) do update set state = 'fine', flagged_at = null,
       proven_at = greatest(addresses.proven_at, excluded.proven_at)`,
    [address, at],
  );
}

/** Forgets addresses in good order: no event from before their proof is still on its way. */
export async function deleteProven(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "mail.forget",
    `delete from mail.addresses where address in
       (select address from mail.addresses where state = 'fine' and proven_at < $1 order by proven_at limit $2)
     returning address`,
    [before, limit],
  );
  return rows.length;
}

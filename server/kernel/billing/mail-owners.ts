import type { Tx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import type { Ref } from "../mail/index.ts";
import { ownersOf } from "../tenancy/index.ts";
import type { BillingDeps } from "./deps.ts";

/** Puts a mail into the outbox for each owner of the organization. */
export async function mailAllOwners(
  { mail }: Pick<BillingDeps, "mail">,
  tx: Tx,
  orgId: OrgId,
  kind: string,
  refs: readonly Ref[],
): Promise<void> {
  if (refs.length === 0) return;
  for (const { email } of await ownersOf(tx, orgId))
    for (const ref of refs) await mail.send(tx, { kind, to: email, orgId, ref });
}

/** Of a mail that names its organization. */
export const orgOf = (tx: Tx): OrgId => {
  if (!tx.org) throw new Error("the mail names its organization");
  return tx.org;
};

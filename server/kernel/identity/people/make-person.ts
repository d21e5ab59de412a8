import type { Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId, type UserId } from "../../../platform/ids.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { deletePendingOf } from "../registration/store.ts";
import { insertNewUser } from "./store.ts";
import type { User } from "./user.ts";

export type NewPerson = {
  /** The address, in small letters, that they have proved to be theirs. */
  email: string;
  fullName: string;
  /** Null: they sign in by other means. */
  passwordHash: string | null;
  locale: string;
};

/**
 * Makes a person and their own organization, in `tx` of that very organization; whoever else waited to register with the
 * address waits no more. Null: the address is taken, or was left for another so lately that its owner may want it back.
 */
export async function makePerson(
  tx: Tx,
  { clock, organizations }: Pick<IdentityDeps, "clock" | "organizations">,
  orgId: OrgId,
  person: NewPerson,
  method: string,
): Promise<User | null> {
  const now = clock.now();
  const { email, fullName } = person;
  const id: UserId = newId("usr");
  if (!(await insertNewUser(tx, { ...person, id, now }))) return null;
  await deletePendingOf(tx, email);
  await organizations.createPersonalOrganization(tx, { orgId, userId: id, fullName, now });
  await audit(tx, now, {
    orgId: INSTALLATION,
    actorId: id,
    action: "person.registered",
    targetId: id,
    detail: { method },
    personal: { userId: id, fields: { email } },
  });
  return { id, email, fullName, operator: false };
}

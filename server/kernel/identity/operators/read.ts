import { withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps, Membership } from "../deps.ts";
import type { Person } from "./person.ts";
import { findPerson, findReset, listPeople, type MfaReset, type PeopleFilter } from "./store.ts";

type Page = { limit: number; after: { at: Date; id: string } | null };

/** People of the installation, newest first. */
export const readPeople = (
  { db }: Pick<IdentityDeps, "db">,
  filter: PeopleFilter,
  page: Page,
): Promise<Person[]> => withSystemTx(db, (tx) => listPeople(tx, filter, page.limit, page.after));

export type PersonDetail = Person & { memberships: Membership[]; reset: MfaReset | null };

/** One person, where they belong, and what is under way. 404 for nobody. */
export async function readPerson(
  { db, membershipsOf }: Pick<IdentityDeps, "db" | "membershipsOf">,
  id: UserId,
): Promise<PersonDetail> {
  const found = await withSystemTx(db, async (tx) => {
    const person = await findPerson(tx, id);
    return person && { ...person, reset: await findReset(tx, id) };
  });
  if (!found) throw new Problem(common.not_found);
  return { ...found, memberships: await membershipsOf(id) };
}

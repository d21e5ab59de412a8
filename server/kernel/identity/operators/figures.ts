import { type Db, withOperatorTx } from "../../../platform/db/index.ts";
import { ERASED_AT } from "../people/user.ts";

/** People there were by the end of a time, those who came in it, and those who signed in in it. */
export type PeopleFigures = { total: number; new: number; active: number };

/** Sign-ins are counted in the audit trail, which outlasts sessions. */
export async function peopleFigures(db: Db, { from, to }: { from: Date; to: Date }): Promise<PeopleFigures> {
  const [row] = await withOperatorTx(db, (tx) =>
    tx.query<PeopleFigures>(
      "identity_people_figures",
      `select (count(*) filter (where created_at < $2))::int as total,
         (count(*) filter (where created_at >= $1 and created_at < $2))::int as new,
         (select count(distinct actor_id)::int from identity.audit_entries
          where action = 'session.opened' and created_at >= $1 and created_at < $2) as active
       from identity.users where email not like '%${ERASED_AT}'`,
      [from, to],
    ),
  );
  return row ?? { total: 0, new: 0, active: 0 };
}

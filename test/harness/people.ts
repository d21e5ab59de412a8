/** The people of tests: who they are, and a way in for those who cannot be invited through the API. */
import type pg from "pg";
import { newId } from "../../server/platform/ids.ts";

export const SETUP_TOKEN = "a set-up token of at least 32 characters";
export const OWNER = { email: "owner@example.com", password: "Correct Horse 1" };
export const KEYRING = "a keyring of at least 32 characters made for tests";
export const MAIL_SECRET = "a mail secret of at least 32 characters made for tests";
export const PEPPER = "a pepper of at least 32 characters made for tests";

/** Runs one text of SQL as the database's owner: behind the tenants' walls. */
export type Sql = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;

/** Someone with this role in the oldest organization, with the operator's password. Known already: nothing happens. */
export async function addMember(sql: Sql, { email, role }: { email: string; role: string }): Promise<void> {
  await sql(
    `with person as (
       insert into identity.users (id, email, full_name, password_hash, created_at)
       select $1, $2, $3, password_hash, created_at from identity.users where is_operator
       on conflict do nothing returning id),
     home as (select org_id from tenancy.organizations order by org_id limit 1),
     listed as (insert into tenancy.member_directory (user_id, org_id) select id, org_id from person, home)
     insert into tenancy.memberships (org_id, user_id, role, created_at)
     select org_id, id, $3, now() from person, home`,
    [newId("usr"), email, role],
  );
}

/** An organization of its own with this person as owner, who has the operator's password. Known already: nothing happens. */
export async function addNeighbour(sql: Sql, email: string): Promise<void> {
  await sql(
    `with person as (
       insert into identity.users (id, email, full_name, password_hash, created_at)
       select $1, $2, 'Nina Neighbour', password_hash, created_at from identity.users where is_operator
       on conflict do nothing returning id),
     home as (
       insert into tenancy.organizations (org_id, name, personal, created_at)
       select $3, 'Next door', true, now() from person returning org_id),
     listed as (insert into tenancy.member_directory (user_id, org_id) select id, $3 from person)
     insert into tenancy.memberships (org_id, user_id, role, created_at) select $3, id, 'owner', now() from person, home`,
    [newId("usr"), email, newId("org")],
  );
}

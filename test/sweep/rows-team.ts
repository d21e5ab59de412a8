/** Organizations, members, invitations and keys for the calls that name one. */
import { newId, type OrgId, type UserId } from "../../server/platform/ids.ts";
import type { TestApp } from "../harness/app.ts";
import { browserClient, type Client } from "../harness/client.ts";
import { addMember, addNeighbour } from "../harness/people.ts";
import { ownOrganization } from "./rows.ts";

let made = 0;
/** A word that no other call used. */
export const aWord = (): string => `sweep-${(made += 1)}-${newId("req").slice(-6)}`;

/** A key of the owner's, new each time, since the calls that name it end it; nobody knows its secret. */
export async function aKey(app: TestApp): Promise<string> {
  const id = newId("key");
  await app.sql(
    `insert into tenancy.api_keys (org_id, id, public_id, secret_hmac, pepper_version, name, mode, created_by, role,
       scopes, created_at)
     select $1, $2, right($2, 12), '', 1, 'Sweep', 'test', u.id, 'owner', '{gateway.use}', now()
     from identity.users u where u.is_operator limit 1`,
    [await ownOrganization(app), id],
  );
  return id;
}

/** A member of the first organization, new each time. */
export async function aMember(app: TestApp, role = "viewer"): Promise<UserId> {
  const email = `${aWord()}@members.example`;
  await addMember(app.sql, { email, role });
  const [row] = await app.sql<{ id: UserId }>("select id from identity.users where email = $1", [email]);
  return row?.id as UserId;
}

/** A pending invitation to the first organization, new each time; the trail is set back so that no hour is full. */
export async function anInvitation(app: TestApp): Promise<string> {
  const id = newId("ivt");
  await app.sql(
    `insert into tenancy.invitations (org_id, id, email, role, invited_by, expires_at, created_at)
     values ($1, $2, $3, 'viewer', 'usr_x', now() + interval '7 days', now() - interval '2 hours')`,
    [await ownOrganization(app), id, `${aWord()}@invited.example`],
  );
  return id;
}

/** Another owner's organization, of which nobody else knows. */
export async function anotherOrganization(app: TestApp): Promise<OrgId> {
  const email = `${aWord()}@owners.example`;
  await addNeighbour(app.sql, email);
  const [row] = await app.sql<{ org_id: OrgId }>(
    `select d.org_id from tenancy.member_directory d join identity.users u on u.id = d.user_id where u.email = $1`,
    [email],
  );
  return row?.org_id as OrgId;
}

type Founded = { client: Client; id: OrgId; heir: UserId };

/** Somebody in an organization of their own making, with an admin in it. */
export async function aFoundedOrganization(app: TestApp): Promise<Founded> {
  const email = `${aWord()}@founders.example`;
  await addNeighbour(app.sql, email);
  const founder = await app.signIn({ email, password: "Correct Horse 1" });
  const body = { name: "Founded", slug: aWord() };
  const { body: organization } = await founder.call<{ id: OrgId }>("POST", "/api/organizations", { body });
  const { id } = organization;
  const moved = await founder.call("POST", "/api/auth/switch-organization", { body: { org_id: id } });
  const heir = newId("usr");
  await app.sql(
    `with person as (
       insert into identity.users (id, email, full_name, created_at) values ($1, $2, 'Hera Heir', now()) returning id),
     listed as (insert into tenancy.member_directory (user_id, org_id) select id, $3 from person)
     insert into tenancy.memberships (org_id, user_id, role, created_at) select $3, id, 'admin', now() from person`,
    [heir, `${aWord()}@heirs.example`, id],
  );
  return { client: browserClient(app.url, moved), id, heir };
}

/** The owner of an organization that the operator stopped. */
export async function aSuspendedOwner(app: TestApp): Promise<Client> {
  const email = `${aWord()}@suspended.example`;
  await addNeighbour(app.sql, email);
  const client = await app.signIn({ email, password: "Correct Horse 1" });
  await app.sql(
    `update tenancy.organizations set suspended_at = now(), suspended_reason = 'Unpaid' where org_id = (
       select org_id from identity.sessions order by created_at desc, id desc limit 1)`,
  );
  return client;
}

import { newToken } from "../../../platform/crypto/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { act } from "../members/standing.ts";
import { actorIdOf } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { isIssuer, secretPlace, txtName, txtValue, type Connection } from "./connection.ts";
import { endOutsiders } from "./end-outsiders.ts";
import { deleteConnection, findConnection, releaseDomains, takeDomain, writeConnection } from "./store.ts";

export type NewConnection = {
  issuer: string;
  clientId: string;
  /** Null: the one that is there. */
  clientSecret: string | null;
  domain: string;
  required: boolean;
};

const wrong = (pointer: string, detail: string) =>
  new Problem(common.invalid_input, { errors: [{ pointer, detail }] });

/**
 * Sets the organization's issuer and looks whether its domain is proven. The issuer is asked before anything is written: 422
 * when it does not answer. 409 for a domain that another organization has proven, or to require what is not proven. Required,
 * it ends the sessions there of members below the owners that did not come through it.
 */
export async function setConnection(
  deps: TenancyDeps,
  actor: Actor,
  wanted: NewConnection,
): Promise<Connection> {
  const { orgId } = actor;
  const { clock, config, db, dns, issuers, sealer } = deps;
  if (!isIssuer(wanted.issuer, config.NODE_ENV === "production"))
    throw wrong("/issuer", "must be the https address of an issuer");
  const before = await withTx(db, orgId, (tx) => findConnection(tx, orgId));
  const secret = wanted.clientSecret === null ? null : Buffer.from(wanted.clientSecret);
  const secretSealed = secret ? sealer.seal(secret, secretPlace(orgId)) : before?.secretSealed;
  if (!secretSealed) throw wrong("/client_secret", "is missing");
  const found = await issuers.look(wanted.issuer);
  if (found === "private") throw wrong("/issuer", "is at an address that is not public");
  if (found === "silent") throw wrong("/issuer", "does not answer as an OpenID issuer");
  const same = before?.domain === wanted.domain ? before : null;
  const proof = same?.proof ?? newToken();
  const texts = await dns.txt(txtName(wanted.domain));
  const now = clock.now();
  // A resolver that is away takes nothing back that was proven before.
  const proven = texts ? texts.includes(txtValue(proof)) : (same?.provenAt ?? null) !== null;
  const provenAt = proven ? (same?.provenAt ?? now) : null;
  if (wanted.required && !provenAt) throw new Problem(tenancyProblems.domain_unproven);
  const { clientSecret: _told, ...rest } = wanted;
  const connection = { ...rest, orgId, secretSealed, proof, provenAt };
  await withTx(db, orgId, async (tx) => {
    await checkOwner(tx, actor);
    await releaseDomains(tx, orgId);
    if (provenAt && !(await takeDomain(tx, orgId, wanted.domain)))
      throw new Problem(tenancyProblems.domain_taken);
    await writeConnection(tx, connection, now);
    const { issuer, domain, required } = wanted;
    await written(tx, deps, actor, "organization.sso_changed", { issuer, domain, required, proven });
    await endOutsiders(tx, deps, orgId, actorIdOf(actor));
  });
  return connection;
}

/** Members get in any way again. Accounts that the issuer vouched for stay, and open nothing while it is gone. */
export async function removeConnection(deps: TenancyDeps, actor: Actor): Promise<void> {
  const { orgId } = actor;
  await withTx(deps.db, orgId, async (tx) => {
    await checkOwner(tx, actor);
    if (!(await findConnection(tx, orgId))) throw new Problem(common.not_found);
    await releaseDomains(tx, orgId);
    await deleteConnection(tx, orgId);
    await written(tx, deps, actor, "organization.sso_removed", {});
  });
}

type Tx = Parameters<typeof act>[0];

async function checkOwner(tx: Tx, actor: Actor): Promise<void> {
  const { acting } = await act(tx, actor);
  if (acting.role !== "owner") throw new Problem(common.forbidden);
}

async function written(
  tx: Tx,
  { clock }: TenancyDeps,
  actor: Actor,
  action: string,
  detail: Record<string, unknown>,
): Promise<void> {
  const { orgId } = actor;
  await audit(tx, clock.now(), { orgId, actorId: actorIdOf(actor), action, targetId: orgId, detail });
}

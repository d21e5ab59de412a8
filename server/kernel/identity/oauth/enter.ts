import { z } from "zod";
import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import { withTx, type Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId, type UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { findUserByEmail, insertUser, lockAddress } from "../people/store.ts";
import { deletePendingOf } from "../registration/store.ts";
import { identityProblems } from "../problems.ts";
import { completeSignIn, type SignedIn } from "../sessions/complete-sign-in.ts";
import type { Origin } from "../sessions/open-session.ts";
import { FLOW_MS } from "./flow.ts";
import type { Amr } from "../sessions/session.ts";
import type { Company, Vouched } from "./provider.ts";
import { findAccount, insertAccount, insertOffer, lockSubject, updateLastUsed } from "./store.ts";

const MAX_NAME = 100;
const address = z.email().max(254);

/** Signed in; or the address belongs to somebody who must first sign in the old way and say yes. */
export type Entered = { kind: "signed_in"; signedIn: SignedIn } | { kind: "offer" };

/**
 * The address that the company vouches for; null when it has none, or none that it verified. An organization's own issuer
 * vouches for its proven domain and nothing else; many such issuers do not say that they verified their own addresses.
 */
export function vouchedAddress({ email, emailVerified }: Vouched, { own }: Company): string | null {
  if (email === null || !address.safeParse(email).success) return null;
  const vouched = own ? emailVerified !== false && email.endsWith(`@${own.domain}`) : emailVerified === true;
  return vouched ? email : null;
}

type Entering = {
  company: Company;
  person: Vouched;
  browser: string;
  origin: Origin;
  /** The token of an invitation. */
  invitation: string | null;
};

/**
 * Signs in whom a company vouches for. The company's own name of the person decides; an address only where the account is
 * new: it is taken when it is verified and free, and connects nothing by itself when it is somebody's here.
 */
export function enter(deps: IdentityDeps, entering: Entering): Promise<Entered> {
  const { company, person, origin } = entering;
  const provider = company.key;
  const orgId = newId("org");
  return withTx(deps.db, orgId, async (tx) => {
    const now = deps.clock.now();
    await lockSubject(tx, provider, person.subject);
    const account = await findAccount(tx, provider, person.subject);
    if (account) {
      await updateLastUsed(tx, account.id, now);
      return { kind: "signed_in", signedIn: await signIn(tx, deps, company, account.userId, origin) };
    }
    const email = vouchedAddress(person, company);
    if (email === null) throw new Problem(identityProblems.email_unverified);
    await lockAddress(tx, email);
    const owner = await findUserByEmail(tx, email);
    if (owner) {
      await insertOffer(tx, {
        id: newId("oac"),
        userId: owner.id,
        provider,
        subject: person.subject,
        email,
        browserHash: hashToken(entering.browser),
        expiresAt: addMs(now, FLOW_MS),
      });
      return { kind: "offer" };
    }
    const userId = await welcome(tx, deps, { ...entering, email, orgId });
    return { kind: "signed_in", signedIn: await signIn(tx, deps, company, userId, origin) };
  });
}

function signIn(
  tx: Tx,
  deps: IdentityDeps,
  { own }: Company,
  userId: UserId,
  origin: Origin,
): Promise<SignedIn> {
  const amr: Amr[] = own ? ["oauth", `sso:${own.orgId}`] : ["oauth"];
  return completeSignIn(tx, deps, { userId, amr }, origin);
}

/** Makes an account without a password, and the person's own organization; who was invited, or whose organization vouches, joins that one. */
async function welcome(
  tx: Tx,
  { clock, config, organizations, invitations, connections }: IdentityDeps,
  guest: Pick<Entering, "company" | "person" | "invitation"> & { email: string; orgId: OrgId },
): Promise<UserId> {
  const { company, person, email, orgId, invitation } = guest;
  const provider = company.key;
  const invited = invitation !== null && (await invitations.invitedAddress(tx, invitation)) === email;
  if (config.REGISTRATION === "closed" || (config.REGISTRATION === "invite" && !invited && !company.own))
    throw new Problem(identityProblems.registration_closed);
  const now = clock.now();
  const userId = newId("usr");
  const fullName = (person.name ?? email.split("@")[0] ?? "").trim().slice(0, MAX_NAME) || "Someone";
  await deletePendingOf(tx, email);
  await insertUser(tx, { id: userId, email, fullName, operator: false }, null, now);
  await organizations.createPersonalOrganization(tx, { orgId, userId, fullName, now });
  const id = newId("oac");
  const { subject } = person;
  await insertAccount(tx, { id, userId, provider, subject, email, createdAt: now, lastUsedAt: now });
  const trail = { orgId, actorId: userId, detail: { provider } };
  await audit(tx, now, { ...trail, action: "user.registered", targetId: userId });
  await audit(tx, now, { ...trail, action: "oauth_account.linked", targetId: id });
  if (company.own) await connections.join(tx, company.own.orgId, userId);
  if (invited) await invitations.acceptInvitation(tx, invitation, { id: userId, email });
  return userId;
}

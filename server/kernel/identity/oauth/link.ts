import { hashToken } from "../../../platform/crypto/index.ts";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import { newId, type Id, type OrgId, type UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { sendCredentialChanged } from "../people/credential-mails.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { waysIn } from "./ways-in.ts";
import {
  deleteAccount,
  findAccount,
  insertAccount,
  listAccounts,
  listOffers,
  lockSubject,
  takeOffer,
  type OAuthAccount,
  type Offer,
} from "./store.ts";

/** Accounts that one person may connect. */
const MAX_ACCOUNTS = 20;
const MAX_OFFERS = 5;

type Person = { userId: UserId; orgId: OrgId };
type Deps = Pick<IdentityDeps, "db" | "clock" | "mail">;
type Linked = Pick<Offer, "provider" | "subject" | "email"> & { id?: Id<"oac"> };

/** Connects an account to the person; connected to them before, it stays as it is. 409 when it is somebody else's. */
export function link(deps: Deps, person: Person, account: Linked): Promise<OAuthAccount> {
  return withSystemTx(deps.db, (tx) => linkIn(tx, deps, person, account));
}

async function linkIn(tx: Tx, deps: Deps, person: Person, given: Linked): Promise<OAuthAccount> {
  const now = deps.clock.now();
  await lockSubject(tx, given.provider, given.subject);
  const known = await findAccount(tx, given.provider, given.subject);
  if (known?.userId === person.userId) return known;
  if (known) throw new Problem(identityProblems.linked_elsewhere);
  const user = await lockUser(tx, person.userId);
  if (!user) throw new Problem(common.not_found);
  if ((await listAccounts(tx, person.userId)).length >= MAX_ACCOUNTS)
    throw new Problem(identityProblems.too_many_accounts);
  const { provider, subject, email, id = newId("oac") } = given;
  const account = { id, userId: person.userId, provider, subject, email, createdAt: now, lastUsedAt: now };
  await insertAccount(tx, account);
  await audit(tx, now, {
    orgId: person.orgId,
    actorId: person.userId,
    action: "oauth_account.linked",
    targetId: id,
    detail: { provider },
  });
  await sendCredentialChanged(tx, deps, user, "account_linked");
  return account;
}

/** Says yes to an offer made in this browser; 404 when there is none to this person, or ten minutes have passed. */
export function acceptOffer(
  deps: Deps,
  person: Person,
  browser: string | null,
  id: string,
): Promise<OAuthAccount> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const given =
      browser === null ? null : { id, userId: person.userId, browserHash: hashToken(browser), now };
    const offer = given && (await takeOffer(tx, given));
    if (!offer) throw new Problem(common.not_found);
    return linkIn(tx, deps, person, offer);
  });
}

/** The person's accounts, and what this browser was offered for them. */
export function accountsOf(
  { db, clock }: Pick<IdentityDeps, "db" | "clock">,
  userId: UserId,
  browser: string | null,
): Promise<{ accounts: OAuthAccount[]; offers: Offer[] }> {
  return withSystemTx(db, async (tx) => {
    const accounts = await listAccounts(tx, userId);
    const to = browser === null ? null : { userId, browserHash: hashToken(browser), now: clock.now() };
    return { accounts, offers: to ? await listOffers(tx, to, MAX_OFFERS) : [] };
  });
}

/** Disconnects an account; 409 when the person could not sign in any more. */
export function unlink(deps: Deps, person: Person, id: string): Promise<void> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const user = await lockUser(tx, person.userId);
    const account = (await listAccounts(tx, person.userId)).find((each) => each.id === id);
    if (!user || !account) throw new Problem(common.not_found);
    if ((await waysIn(tx, user)) <= 1) throw new Problem(identityProblems.last_sign_in_method);
    await deleteAccount(tx, account.id);
    await audit(tx, now, {
      orgId: person.orgId,
      actorId: person.userId,
      action: "oauth_account.unlinked",
      targetId: account.id,
      detail: { provider: account.provider },
    });
    await sendCredentialChanged(tx, deps, user, "account_unlinked");
  });
}

import { addMs } from "../../../platform/clock.ts";
import { hashPassword, hashToken, newToken } from "../../../platform/crypto/index.ts";
import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityMetrics } from "../metrics.ts";
import { makePerson, type NewPerson } from "../people/make-person.ts";
import { checkPassword } from "../people/password.ts";
import { identityProblems } from "../problems.ts";
import { insertPending } from "./store.ts";

export const REGISTRATION_MAIL = "identity.registration";

const HOUR_MS = 3_600_000;
const WAITS_MS = 7 * 24 * HOUR_MS;
/** Registrations of one address in an hour that are mailed; the others wait in silence. */
const MAILED_PER_HOUR = 5;

export type Registration = {
  email: string;
  password: string;
  fullName: string;
  locale: string;
  invitationToken: string | undefined;
};

/**
 * Somebody wants an account. Nothing here looks whether the address is taken: that shows when the mail is written, to its
 * reader alone, so answer and work are the same. Returns the secret by which this browser is known again.
 */
export async function register(deps: IdentityDeps, input: Registration): Promise<string> {
  const { db, clock, config, invitations, mail, metrics } = deps;
  const email = input.email.toLowerCase();
  const invited = input.invitationToken ?? null;
  const provesAddress =
    invited !== null && (await withSystemTx(db, (tx) => invitations.invitedAddress(tx, invited))) === email;
  if (config.REGISTRATION === "closed" || (config.REGISTRATION === "invite" && !provesAddress))
    throw new Problem(identityProblems.registration_closed);
  checkPassword(input.password, email);
  const passwordHash = await hashPassword(input.password);
  const { fullName, locale } = input;
  const browser = newToken();
  const person = { email, fullName, passwordHash, locale };
  if (provesAddress && (await makeInvited(deps, person, invited))) return browser;
  await withSystemTx(db, async (tx) => {
    const now = clock.now();
    const pending = {
      id: newId("prg"),
      email,
      fullName,
      passwordHash,
      locale,
      browserHash: hashToken(browser),
    };
    const expiresAt = addMs(now, WAITS_MS);
    const lately = await insertPending(tx, pending, { now, expiresAt, countedSince: addMs(now, -HOUR_MS) });
    if (lately <= MAILED_PER_HOUR)
      await mail.send(tx, { kind: REGISTRATION_MAIL, to: email, ref: { registration_id: pending.id } });
  });
  identityMetrics(metrics).registrations.inc({ step: "requested" });
  return browser;
}

/** An invitation's token came by mail, so it has proved its address; the person joins at once. False: there is such a person already. */
async function makeInvited(deps: IdentityDeps, person: NewPerson, token: string): Promise<boolean> {
  const orgId = newId("org");
  const made = await withTx(deps.db, orgId, async (tx) => {
    const user = await makePerson(tx, deps, orgId, person, "invitation");
    if (user) await deps.invitations.acceptInvitation(tx, token, user);
    return user;
  });
  if (made) identityMetrics(deps.metrics).registrations.inc({ step: "confirmed" });
  return made !== null;
}

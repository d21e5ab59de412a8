import { hashToken, safeEqual, verifyPassword } from "../../../platform/crypto/index.ts";
import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityMetrics } from "../metrics.ts";
import type { LiveToken } from "../mailed/store.ts";
import { spendToken } from "../mailed/token.ts";
import { makePerson } from "../people/make-person.ts";
import type { User } from "../people/user.ts";
import { identityProblems } from "../problems.ts";
import { findPending, type Pending } from "./store.ts";

/** How whoever opened the mail shows that it was they who registered. */
export type Registrant = { browser: string | null; password: string | undefined };

const spent = () => new Problem(identityProblems.token_spent);

/**
 * Turns a registration into a person. The mail proves the address; that its reader is the one who registered shows by their
 * browser or the password, else nobody could tell whose password would be confirmed. 410 when the token is spent or the
 * address was taken meanwhile; what is refused spends nothing.
 */
export async function confirmRegistration(
  deps: IdentityDeps,
  token: LiveToken,
  registrant: Registrant,
): Promise<User> {
  const { db, clock, metrics } = deps;
  const pending = await withSystemTx(db, (tx) => findPending(tx, token.subjectId ?? "", clock.now()));
  if (!pending) throw spent();
  await demandRegistrant(pending, registrant);
  const orgId = newId("org");
  const user = await withTx(db, orgId, async (tx) => {
    if (!(await spendToken(tx, token, clock.now()))) throw spent();
    const made = await makePerson(tx, deps, orgId, pending, "password");
    if (!made) throw spent();
    await deps.mail.addressProven(tx, made.email);
    return made;
  });
  identityMetrics(metrics).registrations.inc({ step: "confirmed" });
  return user;
}

async function demandRegistrant(pending: Pending, { browser, password }: Registrant): Promise<void> {
  const mark = pending.browserHash.toString("hex");
  if (browser !== null && safeEqual(hashToken(browser).toString("hex"), mark)) return;
  if (password === undefined) throw new Problem(identityProblems.password_required);
  if (!(await verifyPassword(pending.passwordHash, password)))
    throw new Problem(identityProblems.invalid_credentials);
}

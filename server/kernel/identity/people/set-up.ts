import { hashPassword, safeEqual } from "../../../platform/crypto/index.ts";
import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { checkPassword } from "./password.ts";
import { identityProblems } from "../problems.ts";
import type { User } from "./user.ts";
import { insertUser, lockSetUp, operatorExists } from "./store.ts";

type SetUp = { token: string; email: string; password: string; fullName: string };

/**
 * Makes the first operator and their organization. 410 with a wrong token, without one configured, and for ever once an
 * operator exists: one answer for all three.
 */
export async function setUp(deps: IdentityDeps, input: SetUp): Promise<User> {
  const { db, clock, config, organizations } = deps;
  const closed = () => new Problem(identityProblems.setup_closed);
  if (!config.SETUP_TOKEN || !safeEqual(input.token, config.SETUP_TOKEN)) throw closed();
  if (await withSystemTx(db, operatorExists)) throw closed();
  const email = input.email.toLowerCase();
  checkPassword(input.password, email);
  const passwordHash = await hashPassword(input.password);
  const user: User = { id: newId("usr"), email, fullName: input.fullName, operator: true };
  const orgId = newId("org");
  const now = clock.now();
  await withTx(db, orgId, async (tx) => {
    await lockSetUp(tx);
    if (await operatorExists(tx)) throw closed();
    await insertUser(tx, user, passwordHash, now);
    await organizations.createPersonalOrganization(tx, {
      orgId,
      userId: user.id,
      fullName: user.fullName,
      now,
    });
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: user.id,
      action: "operator.set_up",
      targetId: user.id,
    });
  });
  return user;
}

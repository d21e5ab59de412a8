import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { type Assertion, challengeOf, checkAssertion } from "../engine/webauthn.ts";
import { spendCeremony } from "./ceremony-store.ts";
import { counterFell, relyingParty } from "./passkey.ts";
import { findPasskey, lockCounter, updateCounter } from "./store.ts";

/** A signature that holds, of a challenge that is spent by it. Its counter is still to be compared. */
export type CheckedPasskey = { id: Id<"pky">; userId: UserId; counter: number };

/**
 * Checks an assertion: one of our challenges for signing in, not spent or expired, made for nobody else; a passkey we know;
 * our origin; the person verified. Null when anything is wrong.
 */
export async function checkPasskey(
  { db, clock, config }: Pick<IdentityDeps, "db" | "clock" | "config">,
  assertion: Assertion,
): Promise<CheckedPasskey | null> {
  const challenge = challengeOf(assertion);
  if (challenge === null) return null;
  const known = await withSystemTx(db, async (tx) => {
    const ceremony = await spendCeremony(tx, hashToken(challenge), "login", clock.now());
    const passkey = ceremony && (await findPasskey(tx, assertion.id));
    return passkey && (ceremony.userId === null || ceremony.userId === passkey.userId) ? passkey : null;
  });
  if (!known) return null;
  const checked = await checkAssertion(relyingParty(config), assertion, challenge, known);
  return checked && { id: known.id, userId: known.userId, counter: checked.counter };
}

/** Notes the use, unless the counter fell: then a copy of the key is about, and this use is refused and written down. */
export async function notePasskeyUse(
  tx: Tx,
  { id, userId, counter }: CheckedPasskey,
  now: Date,
): Promise<boolean> {
  const before = await lockCounter(tx, id);
  if (before === null) return false;
  if (counterFell(before, counter)) {
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: userId,
      action: "passkey.counter_fell",
      targetId: id,
      detail: { before, after: counter },
    });
    return false;
  }
  await updateCounter(tx, id, counter, now);
  return true;
}

import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { newId, type UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import type { LiveToken } from "../mailed/store.ts";
import { spendToken } from "../mailed/token.ts";
import { lockUser, updateEmail } from "../people/store.ts";
import type { User } from "../people/user.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { type AddressChange, findChange, insertChange, markConfirmed, markUndone } from "./store.ts";

export const NEW_ADDRESS_MAIL = "identity.new_address";
export const UNDO_ADDRESS_MAIL = "identity.address_changed";

const spent = () => new Problem(identityProblems.token_spent);

/**
 * Mails the new address; nothing changes before a reader of it says so. Whether it is taken shows nowhere but there. The person's own
 * address is mailed as well: mail to it came back, and they say that it arrives again.
 */
export async function requestAddress(
  tx: Tx,
  { clock, mail }: Pick<IdentityDeps, "clock" | "mail">,
  user: { id: UserId; email: string },
  email: string,
): Promise<void> {
  const now = clock.now();
  const change: AddressChange = { id: newId("adc"), userId: user.id, oldEmail: user.email, newEmail: email };
  await insertChange(tx, change, now);
  await mail.send(tx, { kind: NEW_ADDRESS_MAIL, to: email, ref: { change_id: change.id } });
  await audit(tx, now, {
    orgId: INSTALLATION,
    actorId: user.id,
    action: "address.requested",
    targetId: user.id,
    personal: { userId: user.id, fields: { email } },
  });
}

/** The new address takes the place of the old, whose reader may undo that for 72 hours. Mail arrives there: a flag falls. */
export function confirmAddress(deps: IdentityDeps, token: LiveToken): Promise<User> {
  const { clock, mail } = deps;
  return settle(deps, token, "address.changed", async (tx, change) => {
    const { userId, oldEmail, newEmail } = change;
    if (change.confirmed) throw spent();
    if (newEmail !== oldEmail && !(await updateEmail(tx, userId, oldEmail, newEmail, clock.now())))
      throw spent();
    await markConfirmed(tx, change.id, clock.now());
    await mail.addressProven(tx, newEmail);
    if (newEmail === oldEmail) return newEmail;
    await mail.send(tx, { kind: UNDO_ADDRESS_MAIL, to: change.oldEmail, ref: { change_id: change.id } });
    return change.newEmail;
  });
}

/** The old address comes back, and whoever is signed in is not any more: it may have been somebody else's doing. */
export function undoAddress(deps: IdentityDeps, token: LiveToken): Promise<User> {
  const { clock, mail } = deps;
  return settle(deps, token, "address.restored", async (tx, change) => {
    if (change.undone) throw spent();
    await markUndone(tx, change.id, clock.now());
    if (!(await updateEmail(tx, change.userId, null, change.oldEmail, clock.now()))) throw spent();
    await mail.addressProven(tx, change.oldEmail);
    await endSessions(tx, deps, change.userId, { reason: "account_compromise" });
    return change.oldEmail;
  });
}

async function settle(
  deps: IdentityDeps,
  token: LiveToken,
  action: string,
  act: (tx: Tx, change: NonNullable<Awaited<ReturnType<typeof findChange>>>) => Promise<string>,
): Promise<User> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    if (!(await spendToken(tx, token, now))) throw spent();
    const change = await findChange(tx, token.subjectId ?? "");
    const user = change && (await lockUser(tx, change.userId));
    if (!change || !user || user.disabledAt) throw spent();
    const email = await act(tx, change);
    await deps.personChanged(tx, change.userId);
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: user.id,
      action,
      targetId: user.id,
      personal: { userId: user.id, fields: { email } },
    });
    const { id, fullName, operator } = user;
    return { id, email, fullName, operator };
  });
}

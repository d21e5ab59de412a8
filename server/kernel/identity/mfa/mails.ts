import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import type { Mail } from "../../mail/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { type CredentialChange, sendCredentialChanged } from "../people/credential-mails.ts";
import { findUserById } from "../people/store.ts";
import { countCodesLeft } from "./code-store.ts";

const CODES_LOW_MAIL = "identity.backup_codes_low";
/** A few more sign-ins without the app, and the person is locked out. */
const FEW_CODES = 3;

/** Tells the person by mail what changed, if the caller's transaction commits. */
export async function tellFactorChange(
  tx: Tx,
  deps: Pick<IdentityDeps, "mail">,
  userId: UserId,
  change: CredentialChange,
): Promise<void> {
  const user = await findUserById(tx, userId);
  if (user) await sendCredentialChanged(tx, deps, user, change);
}

/** A mail with each code spent once few are left. */
export async function tellFewCodes(
  tx: Tx,
  { mail }: Pick<IdentityDeps, "mail">,
  userId: UserId,
): Promise<void> {
  if ((await countCodesLeft(tx, userId)) > FEW_CODES) return;
  const user = await findUserById(tx, userId);
  if (user) await mail.send(tx, { kind: CODES_LOW_MAIL, to: user.email, ref: { user_id: userId } });
}

export function mfaMails(mail: Pick<Mail, "define">): void {
  mail.define<{ user_id: UserId }>({
    kind: CODES_LOW_MAIL,
    async compose(tx, { user_id: id }, letter) {
      const user = await findUserById(tx, id);
      const left = await countCodesLeft(tx, id);
      // New codes were made while it waited.
      if (!user || left > FEW_CODES) return null;
      const few =
        left === 1 ? "One backup code is left" : `${left === 0 ? "No" : left} backup codes are left`;
      return {
        subject: few,
        blocks: [
          { text: `Hello ${user.fullName},` },
          { text: `a backup code has just signed you in. ${few}.` },
          { button: "Make new codes", url: letter.link("/security") },
          { note: "If it was not you, choose a new password at once and make new codes." },
        ],
      };
    },
  });
}

import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import type { Letter, Mail } from "../../mail/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { issueToken } from "../mailed/token.ts";
import { findSessionPlace } from "../sessions/store.ts";
import { findProfile } from "./profile-store.ts";
import { findUserByEmail, findUserById } from "./store.ts";

export const RESET_MAIL = "identity.reset_password";
const CHANGED_MAIL = "identity.credential_changed";
export const NEW_DEVICE_MAIL = "identity.new_device";

/** What a person is told of when it changes, in words. */
const CHANGES = {
  password: "Your password was changed. Whatever else was signed in as you is signed out.",
  totp_on: "An authenticator app now guards your sign-ins.",
  totp_off: "Your authenticator app guards your sign-ins no more.",
  backup_codes: "New backup codes were made; the old ones work no more.",
  passkey_added: "A passkey was added to your account.",
  passkey_removed: "A passkey was removed from your account.",
  account_linked: "Another way to sign in was linked to your account.",
  account_unlinked: "A way to sign in was unlinked from your account.",
} as const;
export type CredentialChange = keyof typeof CHANGES;

/** Tells the person by mail that one of their credentials has changed, if the caller's transaction commits. */
export async function sendCredentialChanged(
  tx: Tx,
  { mail }: Pick<IdentityDeps, "mail">,
  user: { id: UserId; email: string },
  change: CredentialChange,
): Promise<void> {
  await mail.send(tx, { kind: CHANGED_MAIL, to: user.email, ref: { user_id: user.id, change } });
}

export function credentialMails(mail: Pick<Mail, "define">): void {
  mail.define({
    kind: RESET_MAIL,
    // Asked for by anyone: whether there is such a person shows here alone.
    async compose(tx, _ref, letter) {
      const user = await findUserByEmail(tx, letter.to);
      if (!user || user.disabledAt) return null;
      const token = letter.token();
      await issueToken(
        tx,
        { purpose: "reset_password", userId: user.id, subjectId: null },
        token,
        letter.now,
      );
      return {
        subject: "Choose a new password",
        blocks: [
          { text: `Hello ${user.fullName},` },
          { text: "here you choose a new password. Everything that is signed in as you is then signed out." },
          { button: "Choose a new password", url: `${letter.link("/reset-password")}#token=${token}` },
          { note: "The link works once, for one hour. If you did not ask for it, ignore this mail." },
        ],
      };
    },
  });
  mail.define<{ user_id: UserId; change: CredentialChange }>({
    kind: CHANGED_MAIL,
    async compose(tx, { user_id: id, change }, letter) {
      const user = await findUserById(tx, id);
      return user && changedLetter(user.fullName, CHANGES[change], letter);
    },
  });
  mail.define<{ session_id: string }>({
    kind: NEW_DEVICE_MAIL,
    async compose(tx, { session_id: id }, letter) {
      const place = await findSessionPlace(tx, id);
      const profile = place && (await findProfile(tx, place.userId));
      if (!place || !profile?.notifications.new_device) return null;
      return {
        subject: "A sign-in from a new device",
        blocks: [
          { text: "Somebody, probably you, signed in to your account from a device not seen before." },
          {
            facts: [
              ["Device", place.device],
              ["Address", place.ipMasked],
              ["When", place.createdAt.toISOString().replace("T", " ").slice(0, 16).concat(" UTC")],
            ],
          },
          { button: "Look at my sessions", url: letter.link("/security") },
          { note: "If it was not you, end the session there and choose a new password." },
        ],
      };
    },
  });
}

const changedLetter = (fullName: string, text: string, letter: Letter) => ({
  subject: "Your sign-in was changed",
  blocks: [
    { text: `Hello ${fullName},` },
    { text },
    { button: "Look at my sign-in", url: letter.link("/security") },
    { note: "If it was not you, choose a new password at once and tell whoever runs this installation." },
  ],
});

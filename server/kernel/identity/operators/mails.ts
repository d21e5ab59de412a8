import type { UserId } from "../../../platform/ids.ts";
import type { Mail } from "../../mail/index.ts";
import { issueToken } from "../mailed/token.ts";
import { findUserById } from "../people/store.ts";
import { findSessionById } from "../sessions/store.ts";
import { findPerson, findResetById } from "./store.ts";

export const INVITED_MAIL = "identity.person_invited";
export const STATUS_MAIL = "identity.status_changed";
export const MFA_RESET_MAIL = "identity.mfa_reset";
export const MFA_RESET_DONE_MAIL = "identity.mfa_reset_done";
export const VIEWED_MAIL = "identity.viewed";

type Define = Pick<Mail, "define">;

/** What people are told of operators' acts. */
export function operatorMails(mail: Define): void {
  accountMails(mail);
  resetMails(mail);
  viewMail(mail);
}

function accountMails(mail: Define): void {
  mail.define<{ user_id: UserId }>({
    kind: INVITED_MAIL,
    async compose(tx, { user_id: id }, letter) {
      const user = await findUserById(tx, id);
      if (!user || user.disabledAt || user.passwordHash) return null;
      const token = letter.token();
      await issueToken(tx, { purpose: "set_password", userId: id, subjectId: null }, token, letter.now);
      return {
        subject: "Your account at Holdfast",
        blocks: [
          { text: `Hello ${user.fullName},` },
          { text: "an account was made for you. Choose a password, and it is yours." },
          { button: "Choose a password", url: `${letter.link("/reset-password")}#token=${token}` },
          { note: "The link works once, for 7 days. If you did not expect it, ignore this mail." },
        ],
      };
    },
  });
  mail.define<{ user_id: UserId }>({
    kind: STATUS_MAIL,
    async compose(tx, { user_id: id }, letter) {
      const person = await findPerson(tx, id);
      if (!person) return null;
      if (person.status === "disabled")
        return {
          subject: "Your account was disabled",
          blocks: [
            { text: `Hello ${person.fullName},` },
            { text: "an operator of this installation has disabled your account. You are signed out." },
            { facts: [["Reason", person.disabledReason ?? ""]] },
          ],
        };
      return {
        subject: "Your account works again",
        blocks: [
          { text: `Hello ${person.fullName},` },
          { text: "your account is no longer disabled." },
          { button: "Sign in", url: letter.link("/sign-in") },
        ],
      };
    },
  });
}

function resetMails(mail: Define): void {
  mail.define<{ reset_id: string }>({
    kind: MFA_RESET_MAIL,
    async compose(tx, { reset_id: id }, letter) {
      const reset = await findResetById(tx, id);
      const user = reset && (await findUserById(tx, reset.userId));
      if (!reset || !user) return null;
      const token = letter.token();
      const of = { purpose: "cancel_mfa_reset", userId: user.id, subjectId: id } as const;
      await issueToken(tx, of, token, letter.now);
      return {
        subject: "Your second step will be removed in a day",
        blocks: [
          { text: `Hello ${user.fullName},` },
          {
            text: "an operator was asked to remove your authenticator app, passkeys and backup codes, for they were lost.",
          },
          { facts: [["Removed at", whenOf(reset.executeAt)]] },
          { button: "Do not remove them", url: `${letter.link("/verify-email")}#token=${token}` },
          {
            note: "If you asked for it, do nothing. If you did not, press the button and change your password.",
          },
        ],
      };
    },
  });
  mail.define<{ user_id: UserId }>({
    kind: MFA_RESET_DONE_MAIL,
    async compose(tx, { user_id: id }, letter) {
      const user = await findUserById(tx, id);
      return (
        user && {
          subject: "Your second step was removed",
          blocks: [
            { text: `Hello ${user.fullName},` },
            { text: "your authenticator app, passkeys and backup codes are gone. Set up new ones." },
            { button: "Set them up", url: letter.link("/account/security") },
          ],
        }
      );
    },
  });
}

function viewMail(mail: Define): void {
  mail.define<{ session_id: string }>({
    kind: VIEWED_MAIL,
    async compose(tx, { session_id: id }) {
      const session = await findSessionById(tx, id);
      if (!session?.viewer) return null;
      return {
        subject: "An operator looks at your account",
        blocks: [
          { text: `Hello ${session.user.fullName},` },
          {
            text: "an operator of this installation sees what you see, for half an hour. They can change nothing.",
          },
          {
            facts: [
              ["Who", session.viewer.fullName],
              ["Why", session.viewer.reason],
              ["Until", whenOf(session.expiresAt)],
            ],
          },
        ],
      };
    },
  });
}

const whenOf = (at: Date): string => `${at.toISOString().replace("T", " ").slice(0, 16)} UTC`;

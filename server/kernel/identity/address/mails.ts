import type { Mail } from "../../mail/index.ts";
import { issueToken } from "../mailed/token.ts";
import { addressTaken } from "../people/store.ts";
import { NEW_ADDRESS_MAIL, UNDO_ADDRESS_MAIL } from "./change-address.ts";
import { findChange } from "./store.ts";

export function addressMails(mail: Pick<Mail, "define">): void {
  mail.define<{ change_id: string }>({
    kind: NEW_ADDRESS_MAIL,
    async compose(tx, { change_id: id }, letter) {
      const change = await findChange(tx, id);
      if (!change || change.confirmed) return null;
      const again = change.newEmail === change.oldEmail;
      if (!again && (await addressTaken(tx, letter.to, letter.now)))
        return {
          subject: "Your address was asked for",
          blocks: [
            {
              text: "Somebody wanted to use this address for another account. It has one, so nothing changed.",
            },
            { note: "If it was you: sign in with the other account and change its address first." },
          ],
        };
      const token = letter.token();
      const { userId } = change;
      await issueToken(tx, { purpose: "new_address", userId, subjectId: id }, token, letter.now);
      if (again)
        return {
          subject: "Confirm your address",
          blocks: [
            { text: "Mail to this address came back for a while. Confirm that it arrives again." },
            { button: "Confirm my address", url: `${letter.link("/verify-email")}#token=${token}` },
            { note: "The link works once, for 24 hours. If you did not ask for this, ignore this mail." },
          ],
        };
      return {
        subject: "Confirm your new address",
        blocks: [
          { text: "Confirm that this address is yours, and you sign in with it from then on." },
          { button: "Confirm my new address", url: `${letter.link("/verify-email")}#token=${token}` },
          { note: "The link works once, for 24 hours. If you did not ask for this, ignore this mail." },
        ],
      };
    },
  });
  mail.define<{ change_id: string }>({
    kind: UNDO_ADDRESS_MAIL,
    async compose(tx, { change_id: id }, letter) {
      const change = await findChange(tx, id);
      if (!change || change.undone) return null;
      const token = letter.token();
      const { userId, newEmail } = change;
      await issueToken(tx, { purpose: "undo_address", userId, subjectId: id }, token, letter.now);
      return {
        subject: "Your address was changed",
        blocks: [
          { text: `Your account is now signed in to with ${newEmail}.` },
          {
            text: "If that was not you, take this address back: everyone who is signed in is then signed out.",
          },
          { button: "Undo the change", url: `${letter.link("/verify-email")}#token=${token}` },
          { note: "The link works once, for 72 hours." },
        ],
      };
    },
  });
}

import type { Mail } from "../../mail/index.ts";
import { issueToken } from "../mailed/token.ts";
import { CONFIRM_DELETION_MAIL, CONSEQUENCES, DELETION_SCHEDULED_MAIL } from "./delete-account.ts";
import { findDeletion } from "./store.ts";

export function deletionMails(mail: Pick<Mail, "define">): void {
  mail.define<{ request_id: string }>({
    kind: CONFIRM_DELETION_MAIL,
    async compose(tx, { request_id: subjectId }, letter) {
      const request = await findDeletion(tx, subjectId);
      if (request?.state !== "pending") return null;
      const token = letter.token();
      const of = { purpose: "confirm_deletion", userId: request.userId, subjectId } as const;
      await issueToken(tx, of, token, letter.now);
      return {
        subject: "Confirm that your account is to be deleted",
        blocks: [
          { text: "You asked us to delete your account. This is what follows:" },
          { text: CONSEQUENCES.join("\n") },
          { button: "Delete my account", url: `${letter.link("/delete-account")}#token=${token}` },
          { note: "The link works once, for 24 hours. If you did not ask for this, choose a new password." },
        ],
      };
    },
  });
  mail.define<{ request_id: string }>({
    kind: DELETION_SCHEDULED_MAIL,
    async compose(tx, { request_id: subjectId }, letter) {
      const request = await findDeletion(tx, subjectId);
      if (request?.state !== "scheduled" || !request.executeAt) return null;
      const token = letter.token();
      const of = { purpose: "cancel_deletion", userId: request.userId, subjectId } as const;
      await issueToken(tx, of, token, letter.now);
      return {
        subject: "Your account will be deleted",
        blocks: [
          { text: `Your account will be erased on ${request.executeAt.toISOString().slice(0, 10)}.` },
          { text: "Until then you can change your mind: here, or by signing in." },
          { button: "Keep my account", url: `${letter.link("/keep-account")}#token=${token}` },
        ],
      };
    },
  });
}

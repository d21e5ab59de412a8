import type { Mail } from "../../mail/index.ts";
import { EXPIRING_MAIL, sumExpiring } from "../grants/expiring.ts";
import { lockAdjustment } from "./store.ts";

export const APPROVAL_MAIL = "ledger.approval";
export const CHECK_MAIL = "ledger.check_failed";

/** How the ledger's mails are written. At boot, in every process. */
export function ledgerMails(mail: Pick<Mail, "define">): void {
  mail.define<{ adjustment_id: string }>({
    kind: APPROVAL_MAIL,
    async compose(tx, { adjustment_id: id }, letter) {
      const row = tx.org ? await lockAdjustment(tx, tx.org, id) : null;
      if (row?.state !== "pending") return null;
      return {
        subject: "Something in the ledger waits for your approval",
        blocks: [
          { text: "An operator asked for more than one may move alone. Another one must approve it." },
          {
            facts: [
              ["Organization", row.orgId],
              ["Why", row.reason],
            ],
          },
          { button: "Look at it", url: letter.link("/adjustments") },
        ],
      };
    },
  });
  mail.define<{ mode: string; until: string }>({
    kind: EXPIRING_MAIL,
    async compose(tx, { mode, until }, letter) {
      const found =
        tx.org && (await sumExpiring(tx, tx.org, { mode, now: letter.now, until: new Date(until) }));
      if (!found) return null;
      const credits = `${(found.amount / 1_000_000n).toLocaleString("en")} credits`;
      return {
        subject: `${credits} end soon`,
        blocks: [
          {
            text: `${credits} end from ${found.first.toISOString().slice(0, 10)} on. What is not used by then is gone.`,
          },
          { button: "See the credits", url: letter.link("/credits") },
        ],
      };
    },
  });
  mail.define<{ day: string }>({
    kind: CHECK_MAIL,
    compose: async (_, { day }, letter) => ({
      subject: "The nightly check of the ledger failed",
      blocks: [
        { text: `The check of ${day} found books that do not hold. Nothing was changed.` },
        { button: "See what it found", url: letter.link("/seals") },
      ],
    }),
  });
}

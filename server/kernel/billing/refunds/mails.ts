import type { Tx } from "../../../platform/db/index.ts";
import { findOperators } from "../../identity/index.ts";
import type { Mail } from "../../mail/index.ts";
import type { BillingDeps } from "../deps.ts";
import { orgOf } from "../mail-owners.ts";
import { moneyText } from "../money-text.ts";
import type { RequestRow } from "./refund.ts";
import { lockRequest } from "./store.ts";

const APPROVAL_MAIL = "billing.refund_approval";

/** Tells every other operator that a refund waits for one of them. */
export async function askOthers({ mail }: Pick<BillingDeps, "mail">, tx: Tx, row: RequestRow): Promise<void> {
  for (const { id, email } of await findOperators(tx))
    if (id !== row.requested_by)
      await mail.send(tx, { kind: APPROVAL_MAIL, to: email, ref: { refund_id: row.id } });
}

export function refundMails(mail: Pick<Mail, "define">): void {
  mail.define<{ refund_id: string }>({
    kind: APPROVAL_MAIL,
    async compose(tx, { refund_id: id }, letter) {
      const row = await lockRequest(tx, orgOf(tx), id);
      if (row?.state !== "awaiting_approval") return null;
      return {
        subject: "A refund waits for your approval",
        blocks: [
          {
            text: "An operator asked for a refund that one may not give alone. Another one must approve it.",
          },
          {
            facts: [
              ["Amount", moneyText(row.amount_minor, row.currency)],
              ["Organization", row.org_id],
              ["Payment", row.payment_id],
            ],
          },
          { button: "Look at it", url: letter.link("/refunds") },
        ],
      };
    },
  });
}

import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mail } from "../../mail/index.ts";
import type { BillingDeps } from "../deps.ts";
import { mailAllOwners, orgOf } from "../mail-owners.ts";
import { creditsText, moneyText } from "../money-text.ts";
import type { PaymentRow, RefundRow } from "./payment.ts";
import { findPayment, listRefunds } from "./store.ts";

const RECEIPT_MAIL = "billing.purchase_receipt";
const REFUND_MAIL = "billing.refunded";

type Changes = {
  before: ReadonlyMap<string, PaymentRow>;
  payments: readonly PaymentRow[];
  refundsBefore: ReadonlyMap<string, ReadonlyMap<string, RefundRow>>;
  refunds: readonly RefundRow[];
};

/** A receipt for what was bought at once, an invoice has its own; and a word about each refund that succeeds. */
export async function mailMoves(
  deps: Pick<BillingDeps, "mail">,
  tx: Tx,
  org: OrgId,
  { before, payments, refundsBefore, refunds }: Changes,
): Promise<void> {
  const bought = payments.filter(
    ({ id, charge_id, purpose }) =>
      purpose === "credits" && charge_id !== null && before.get(id)?.charge_id === null,
  );
  const given = refunds.filter(
    ({ id, payment_id, status }) =>
      status === "succeeded" && refundsBefore.get(payment_id)?.get(id)?.status !== "succeeded",
  );
  await mailAllOwners(
    deps,
    tx,
    org,
    RECEIPT_MAIL,
    bought.map(({ id }) => ({ payment_id: id })),
  );
  await mailAllOwners(
    deps,
    tx,
    org,
    REFUND_MAIL,
    given.map(({ id, payment_id }) => ({ payment_id, refund_id: id })),
  );
}

export function paymentMails(mail: Pick<Mail, "define">): void {
  mail.define<{ payment_id: string }>({
    kind: RECEIPT_MAIL,
    async compose(tx, { payment_id: id }, letter) {
      const row = await findPayment(tx, orgOf(tx), id);
      if (!row) return null;
      const amount = moneyText(row.amount_minor, row.currency);
      return {
        subject: `Receipt for ${amount}`,
        blocks: [
          { text: `We received ${amount}. Thank you.` },
          {
            facts: [
              ["For", creditsText(row.credits_micros)],
              ...(row.tax_minor > 0n ? [["Of it tax", moneyText(row.tax_minor, row.currency)] as const] : []),
              ["Payment", row.id],
            ],
          },
          { button: "See payments", url: letter.link("/payments") },
        ],
      };
    },
  });
  mail.define<{ payment_id: string; refund_id: string }>({
    kind: REFUND_MAIL,
    async compose(tx, { payment_id: paymentId, refund_id: id }, letter) {
      const row = (await listRefunds(tx, orgOf(tx), [paymentId])).find((one) => one.id === id);
      if (row?.status !== "succeeded") return null;
      const amount = moneyText(row.amount_minor, row.currency);
      return {
        subject: `A refund of ${amount}`,
        blocks: [
          { text: `We gave ${amount} back. It takes the company some days to show it.` },
          {
            facts: [
              ["Payment", row.payment_id],
              ...(row.clawed_back_micros > 0n
                ? [["Credits taken back", creditsText(row.clawed_back_micros)] as const]
                : []),
            ],
          },
          { button: "See payments", url: letter.link("/payments") },
        ],
      };
    },
  });
}

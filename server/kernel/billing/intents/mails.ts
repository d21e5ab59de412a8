import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Block, Letter, Mail } from "../../mail/index.ts";
import { findName } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { mailAllOwners, orgOf } from "../mail-owners.ts";
import { moneyText } from "../money-text.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { findPayment } from "../payments/store.ts";
import { isOver } from "./intent.ts";

/** Puts a mail about a payment into the outbox for each owner. */
export async function mailAboutPayment(
  deps: Pick<BillingDeps, "mail">,
  tx: Tx,
  org: OrgId,
  paymentId: string,
  kind: string,
): Promise<void> {
  await mailAllOwners(deps, tx, org, kind, [{ payment_id: paymentId }]);
}

type Written = { subject: string; blocks: Block[] };

/** Defines a mail about one payment; null when nobody wants it any more. */
export function definePaymentMail(
  mail: Pick<Mail, "define">,
  kind: string,
  write: (payment: PaymentRow, name: string, letter: Letter) => Written | null,
): void {
  mail.define<{ payment_id: string }>({
    kind,
    async compose(tx, { payment_id: id }, letter) {
      const payment = await findPayment(tx, orgOf(tx), id);
      const name = await findName(tx, orgOf(tx));
      return payment && name !== null ? write(payment, name, letter) : null;
    },
  });
}

export function intentMails(mail: Pick<Mail, "define">): void {
  definePaymentMail(mail, "billing.payment_waits", (payment, name, letter) =>
    isOver(payment) || payment.status === "processing"
      ? null
      : {
          subject: `A payment of ${name} waits for you`,
          blocks: [
            {
              text: `Your bank asks you to confirm a payment of ${moneyText(payment.amount_minor, payment.currency)}. Nothing is charged before you do; a day after it was begun it is given up.`,
            },
            { button: "Go on with the payment", url: letter.link(`/pay/${payment.id}`) },
          ],
        },
  );
}

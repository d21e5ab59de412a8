import type { Mail } from "../mail/index.ts";
import { intentMails } from "./intents/mails.ts";
import { paymentMails } from "./payments/mails.ts";
import { refundMails } from "./refunds/mails.ts";
import { subscriptionMails } from "./subscriptions/notices/mails.ts";
import { topupMails } from "./topups/mails.ts";

/** How billing's mails are written. At boot, in every process. */
export function billingMails(mail: Pick<Mail, "define">): void {
  subscriptionMails(mail);
  paymentMails(mail);
  intentMails(mail);
  topupMails(mail);
  refundMails(mail);
}

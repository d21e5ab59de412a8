import type { Mail } from "../../kernel/mail/index.ts";
import { driftMails } from "./drift/mails.ts";
import { limitMails } from "./limits/mails.ts";
import { ownKeyMails } from "./own-keys/mails.ts";
import { priceMails } from "./prices/mails.ts";
import { proofMails } from "./proof/breaks/mails.ts";
import { creditMails } from "./provider-credit/mails.ts";

/** How the gateway's mails are written. At boot, in every process. */
export function gatewayMails(mail: Pick<Mail, "define">): void {
  limitMails(mail);
  ownKeyMails(mail);
  proofMails(mail);
  driftMails(mail);
  creditMails(mail);
  priceMails(mail);
}

import type { Mail } from "../mail/index.ts";
import { addressMails } from "./address/mails.ts";
import { deletionMails } from "./deletion/mails.ts";
import { mfaMails } from "./mfa/mails.ts";
import { credentialMails } from "./people/credential-mails.ts";
import { tokenMails } from "./tokens/mails.ts";
import { operatorMails } from "./operators/mails.ts";
import { registrationMails } from "./registration/mails.ts";

/** How identity's mails are written; once, in every process. */
export function identityMails(mail: Pick<Mail, "define">): void {
  registrationMails(mail);
  addressMails(mail);
  credentialMails(mail);
  deletionMails(mail);
  tokenMails(mail);
  mfaMails(mail);
  operatorMails(mail);
}

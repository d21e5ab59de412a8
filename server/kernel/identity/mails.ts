import type { Mail } from "../mail/index.ts";
import { addressMails } from "./address/mails.ts";
import { deletionMails } from "./deletion/mails.ts";
import { mfaMails } from "./mfa/mails.ts";
import { credentialMails } from "./people/credential-mails.ts";
<<<<<<< HEAD
import { tokenMails } from "./tokens/mails.ts";
=======
import { operatorMails } from "./operators/mails.ts";
>>>>>>> 96b464b (Let operators see to people, and read what the installation uses and earns)
import { registrationMails } from "./registration/mails.ts";

/** How identity's mails are written; once, in every process. */
export function identityMails(mail: Pick<Mail, "define">): void {
  registrationMails(mail);
  addressMails(mail);
  credentialMails(mail);
  deletionMails(mail);
<<<<<<< HEAD
  tokenMails(mail);
  mfaMails(mail);
=======
  operatorMails(mail);
>>>>>>> 96b464b (Let operators see to people, and read what the installation uses and earns)
}

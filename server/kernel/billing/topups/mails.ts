import type { Tx } from "../../../platform/db/index.ts";
import { findUsers } from "../../identity/index.ts";
import type { Mail } from "../../mail/index.ts";
import { findName, listOwners } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { TopupRow } from "./topup.ts";

const KIND = "billing.topup_off";
const WHY = {
  declined: "The last two payments were declined.",
  method_gone: "What it was charged to is not kept any more.",
};

/** Owners are told that credits are bought no more. */
export async function mailTopupOff(
  { mail }: Pick<BillingDeps, "mail">,
  tx: Tx,
  { off_reason: reason, org_id: org }: TopupRow,
): Promise<void> {
  for (const { email } of await findUsers(tx, await listOwners(tx, org)))
    await mail.send(tx, { kind: KIND, to: email, orgId: org, ref: { reason: reason ?? "declined" } });
}

export function topupMails(mail: Pick<Mail, "define">): void {
  mail.define<{ reason: keyof typeof WHY }>({
    kind: KIND,
    async compose(tx, { reason }, letter) {
      if (!tx.org) throw new Error("the mail names its organization");
      const name = await findName(tx, tx.org);
      return name === null
        ? null
        : {
            subject: `Automatic top-up of ${name} is off`,
            blocks: [
              {
                text: `${WHY[reason]} Credits are not bought by themselves any more, until you turn it on again.`,
              },
              { button: "See credits", url: letter.link("/credits") },
            ],
          };
    },
  });
}

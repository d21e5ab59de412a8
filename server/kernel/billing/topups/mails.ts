import type { Tx } from "../../../platform/db/index.ts";
import type { Mail } from "../../mail/index.ts";
import { findName } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { mailAllOwners, orgOf } from "../mail-owners.ts";
import type { TopupRow } from "./topup.ts";

const KIND = "billing.topup_off";
const WHY = {
  declined: "The last two payments were declined.",
  method_gone: "What it was charged to is not kept any more.",
  tax_address: "Its tax follows from your address, which is not known.",
};

/** Owners are told that credits are bought no more. */
export async function mailTopupOff(
  deps: Pick<BillingDeps, "mail">,
  tx: Tx,
  { off_reason: reason, org_id: org }: TopupRow,
): Promise<void> {
  await mailAllOwners(deps, tx, org, KIND, [{ reason: reason ?? "declined" }]);
}

export function topupMails(mail: Pick<Mail, "define">): void {
  mail.define<{ reason: keyof typeof WHY }>({
    kind: KIND,
    async compose(tx, { reason }, letter) {
      const name = await findName(tx, orgOf(tx));
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

import type { Mail } from "../../../kernel/mail/index.ts";
import { listCredits } from "./store.ts";

export const CREDIT_MAIL = "gateway.provider_credit_low";

/** What operators are told of a provider's account that runs dry. */
export function creditMails(mail: Pick<Mail, "define">): void {
  mail.define<{ provider: string }>({
    kind: CREDIT_MAIL,
    async compose(tx, { provider }, letter) {
      const credit = (await listCredits(tx)).find((row) => row.provider === provider);
      // Filled up meanwhile.
      if (!credit?.low) return null;
      return {
        subject: `Little is left to spend at ${provider}`,
        blocks: [
          { text: "When it is used up, calls there are refused, and go to others where there are any." },
          { facts: [["Left", `${credit.left_usd} USD`]] },
          { button: "See the providers", url: letter.link("/providers") },
        ],
      };
    },
  });
}

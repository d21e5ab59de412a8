import type { Mail } from "../../../kernel/mail/index.ts";
import { listOwnKeys } from "./store.ts";

export const OWN_KEY_MAIL = "gateway.own_key_failing";

/** How the mail about a key that a provider refuses is written. At boot, in every process. */
export function ownKeyMails(mail: Pick<Mail, "define">): void {
  mail.define<{ id: string }>({
    kind: OWN_KEY_MAIL,
    async compose(tx, { id }, letter) {
      const { org } = tx;
      if (!org) return null;
      const key = (await listOwnKeys(tx, org)).find((each) => each.id === id);
      // Mended or removed meanwhile.
      if (key?.state !== "failing") return null;
      return {
        subject: `Your key at ${key.provider} is refused`,
        blocks: [
          {
            text: key.fallback_to_platform
              ? "Three calls in a row were refused. Calls go by the installation's key now, and cost credits."
              : "Three calls in a row were refused. Calls do not go there until the key is mended.",
          },
          { facts: [["Key", `…${key.secret_last4}`]] },
          { button: "See the keys", url: letter.link("/provider-keys") },
        ],
      };
    },
  });
}

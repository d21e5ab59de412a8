import type { Mail } from "../../../../kernel/mail/index.ts";
import type { EndpointId } from "./endpoint.ts";
import { lockEndpoint } from "./endpoint-store.ts";

export const RELAY_MAIL = "payments.relay_failing";

/** How the relay's mails are written. At boot, in every process. */
export function relayMails(mail: Pick<Mail, "define">): void {
  mail.define<{ endpoint_id: string }>({
    kind: RELAY_MAIL,
    async compose(tx, { endpoint_id: id }, letter) {
      const endpoint = tx.org ? await lockEndpoint(tx, tx.org, id as EndpointId) : null;
      if (!endpoint || endpoint.enabled) return null;
      const why =
        endpoint.disabledReason === "gone"
          ? "The receiver answered that it is gone (410)."
          : "Every delivery of the last five days failed.";
      return {
        subject: "Events no longer reach one of your endpoints",
        blocks: [
          { text: `${why} The endpoint was turned off; nothing more is sent to it.` },
          { facts: [["Endpoint", new URL(endpoint.url).host]] },
          { text: "Turn it on again when it works, and replay what it missed." },
          { button: "Open the relay", url: letter.link("/relay") },
        ],
      };
    },
  });
}

import type { Mail } from "../../mail/index.ts";

/** How the inbox's mails to operators are written; once, in every process. */
export function webhookMails(mail: Pick<Mail, "define">): void {
  mail.define<{ count: string }>({
    kind: "webhooks.dead_letters",
    compose: (_tx, { count }, letter) =>
      Promise.resolve({
        subject: count === "1" ? "An event could not be applied" : `${count} events could not be applied`,
        blocks: [
          { text: "They wait as dead letters until their cause is mended and they are replayed." },
          { button: "Open the dead letters", url: letter.link("/dead-letters") },
        ],
      }),
  });
  mail.define<{ source: string; account: string; missed: string }>({
    kind: "webhooks.silence",
    compose: (_tx, { source, account, missed }, letter) =>
      Promise.resolve({
        subject: `${source} does not deliver its events`,
        blocks: [
          {
            text: "Events that the company lists, over 15 minutes old, never came to an endpoint of the account. They were read from its list and are applied; look why it does not deliver.",
          },
          {
            facts: [
              ["Company", source],
              ["Account", account],
              ["Events in a day", missed],
            ],
          },
          { button: "Open the endpoints", url: letter.link("/endpoints") },
        ],
      }),
  });
}

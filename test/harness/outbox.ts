/** The outbox of a server that runs no workers: tests deliver by hand, to the sandbox's mail company. */
import { identityMails } from "../../server/kernel/identity/index.ts";
import { createMail, type Mail, type MailDeps } from "../../server/kernel/mail/index.ts";
import { createMailCompany } from "../../server/vendors/mail/index.ts";
import { startSandbox } from "../../sandbox/main.ts";
import { createClient } from "./client.ts";
import { openMailbox, type TestMail } from "./mailbox.ts";
import { MAIL_SECRET } from "./people.ts";

export type Outbox = {
  mail: Mail;
  /** Delivers what waits and returns the next mail of a box. */
  mailbox(to: string): Promise<TestMail>;
  close(): Promise<void>;
};

type Given = Pick<MailDeps, "cache" | "db" | "clock" | "hub" | "logger" | "metrics"> & { baseUrl: string };
const NOWHERE = { api_key: "re_nowhere", base_url: "http://127.0.0.1:9", from: "nobody@example.com" };

/** `delivers` false: mails wait for ever, and no company is started. */
export async function openOutbox(given: Given, delivers: boolean): Promise<Outbox> {
  const sandbox = delivers ? await startSandbox() : null;
  const company = sandbox ? await introduce(sandbox.url) : NOWHERE;
  const mail = createMail({
    ...given,
    company: createMailCompany({ apiKey: company.api_key, baseUrl: company.base_url }),
    from: company.from,
    tokenSecret: MAIL_SECRET,
    perSecond: 100,
  });
  identityMails(mail);
  const open = sandbox && openMailbox(sandbox.url);
  return {
    mail,
    async mailbox(to) {
      if (!open) throw new Error("this server's mails wait for ever");
      await mail.deliver(new AbortController().signal);
      return open(to);
    },
    close: async () => sandbox?.close(),
  };
}

async function introduce(url: string): Promise<typeof NOWHERE> {
  const world = { name: "default", webhook_base: "http://127.0.0.1:9/webhooks" };
  const { body } = await createClient(url).call<{ resend: typeof NOWHERE }>("POST", "/_sandbox/worlds", {
    body: world,
  });
  return body.resend;
}

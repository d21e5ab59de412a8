/** The boxes of the sandbox's mail company, as people would read them. */
import { createClient } from "./client.ts";

export type TestMail = {
  subject: string;
  text: string;
  html: string;
  links: string[];
  from: string;
  to: string;
};

const WAIT_SECONDS = 20;

/** The next mail to an address, from the first one on; fails when none comes within 20 s. */
export function openMailbox(sandboxUrl: string, world = "default"): (to: string) => Promise<TestMail> {
  const client = createClient(sandboxUrl);
  const seen = new Map<string, number>();
  return async (to) => {
    const asked = new URLSearchParams({
      to,
      world,
      since: String(seen.get(to) ?? 0),
      wait: String(WAIT_SECONDS),
    });
    const { body } = await client.call<{ data: (TestMail & { seq: number })[] }>(
      "GET",
      `/_sandbox/mailbox?${asked}`,
    );
    const [mail] = body.data;
    if (!mail) throw new Error(`no mail to ${to} within ${WAIT_SECONDS} s`);
    seen.set(to, mail.seq);
    return mail;
  };
}

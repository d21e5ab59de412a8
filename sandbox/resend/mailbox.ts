import type { MailboxFilter, MailboxMail, World } from "../core/company.ts";
import type { Email } from "./read-email.ts";

const WAITERS = "resend:waiters";
const MAX_LISTED = 200;

function waiters(world: World): Set<() => void> {
  let set = world.memory.get(WAITERS) as Set<() => void> | undefined;
  if (set === undefined) world.memory.set(WAITERS, (set = new Set()));
  return set;
}

/** A mail lies in somebody's box from here on. */
export function arrive(world: World, address: string, emailId: string): void {
  world.store.run(
    "insert or ignore into resend_deliveries (address, email_id, arrived_ms) values (?, ?, ?)",
    address,
    emailId,
    world.clock.now(),
  );
  world.store.afterCommit(() => {
    for (const wake of waiters(world)) wake();
  });
}

type Row = Record<string, unknown>;

/** The addresses that links in a mail lead to, in order, each once. */
function linksOf({ html, text }: Email): string[] {
  const found = [...(html ?? "").matchAll(/href="(https?:\/\/[^"]+)"/g)].map(([, url = ""]) =>
    url.replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll("&quot;", '"'),
  );
  const plain = [...(text ?? "").matchAll(/https?:\/\/[^\s<>"]+/g)].map(([url]) => url);
  return [...new Set([...found, ...plain])];
}

function toMail(row: Row): MailboxMail {
  const content = JSON.parse(String(row["body"])) as Email;
  return {
    seq: Number(row["n"]),
    id: String(row["email_id"]),
    to: String(row["address"]),
    from: content.from,
    reply_to: content.reply_to,
    subject: content.subject,
    text: content.text,
    html: content.html,
    links: linksOf(content),
    headers: content.headers,
    attachments: content.attachments.map(({ filename, content_type, content: held }) => ({
      filename,
      content_type,
      bytes: Buffer.from(held, "base64").length,
    })),
    arrived_at: new Date(Number(row["arrived_ms"])).toISOString(),
  };
}

const SELECT = `select d.n, d.address, d.email_id, d.arrived_ms, e.body from resend_deliveries d
  join resend_emails e on e.id = d.email_id`;

/** Mails of one box or of all, oldest first, after `since`. */
export function readMailbox(world: World, { to, since }: MailboxFilter): MailboxMail[] {
  return world.store
    .all(
      `${SELECT} where (?1 is null or d.address = ?1) and d.n > ?2 order by d.n limit ?3`,
      to,
      since,
      MAX_LISTED,
    )
    .map(toMail);
}

/** The same, and when there is none yet, waits for the first one up to `waitMs` of real time. */
export async function waitForMail(
  world: World,
  filter: MailboxFilter,
  waitMs: number,
  signal: AbortSignal,
): Promise<MailboxMail[]> {
  const endsAt = performance.now() + waitMs;
  for (;;) {
    const mails = readMailbox(world, filter);
    const left = endsAt - performance.now();
    if (mails.length > 0 || left <= 0 || signal.aborted) return mails;
    await untilWoken(world, left, signal);
  }
}

function untilWoken(world: World, ms: number, signal: AbortSignal): Promise<void> {
  const set = waiters(world);
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      set.delete(finish);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    set.add(finish);
    signal.addEventListener("abort", finish, { once: true });
  });
}

/** One mail as it lies in one box. */
export function findMail(world: World, seq: number): { mail: MailboxMail; content: Email } | null {
  const row = world.store.get(`${SELECT} where d.n = ?`, seq);
  return row === null ? null : { mail: toMail(row), content: JSON.parse(String(row["body"])) as Email };
}

/** Newest first: the boxes there are. */
export function listBoxes(world: World): { address: string; count: number; newestMs: number }[] {
  return world.store
    .all(
      `select address, count(*) as count, max(arrived_ms) as newest from resend_deliveries
       group by address order by max(n) desc limit ?`,
      MAX_LISTED,
    )
    .map((row) => ({
      address: String(row["address"]),
      count: Number(row["count"]),
      newestMs: Number(row["newest"]),
    }));
}

/** Newest first. */
export function listMails(world: World, address: string | null): MailboxMail[] {
  return world.store
    .all(`${SELECT} where ?1 is null or d.address = ?1 order by d.n desc limit ?2`, address, MAX_LISTED)
    .map(toMail);
}

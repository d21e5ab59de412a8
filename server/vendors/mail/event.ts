/** What became of a mail after the company took it. `late`: not yet delivered, perhaps later. */
export type MailFate = "delivered" | "bounced" | "complained" | "failed" | "late";

/** A company's event in our words. */
export type MailEvent = {
  /** Our own id of the mail; null for one that we did not send. */
  mailId: string | null;
  fate: MailFate;
  addresses: readonly string[];
  at: Date;
};

/** What an event says about itself. Its id stands in a header. */
export type MailEnvelope = { id: string; type: string; createdAt: Date; mail: string };

type Raw = {
  type?: unknown;
  created_at?: unknown;
  data?: {
    email_id?: unknown;
    to?: unknown;
    tags?: { mail_id?: unknown };
    bounce?: { type?: unknown };
    suppressed?: { reason?: unknown };
  };
};

const TOKEN = /^[\w.:-]{1,200}$/;
const token = (value: unknown): value is string => typeof value === "string" && TOKEN.test(value);
/** The company takes 50 recipients. */
const MAX_ADDRESSES = 50;

/** Null for bytes that are no event. */
export function readMailEnvelope(
  body: Buffer,
  headers: Readonly<Record<string, unknown>>,
): MailEnvelope | null {
  const raw = parse(body);
  const id = headers["svix-id"];
  const createdAt = instant(raw?.created_at);
  if (!token(id) || !token(raw?.type) || createdAt === null) return null;
  const mail = raw.data?.email_id;
  return { id, type: raw.type, createdAt, mail: token(mail) ? mail : id };
}

/** Null for an event that tells nothing of a mail's fate. */
export function readMailEvent(body: Buffer): MailEvent | null {
  const raw = parse(body);
  const at = instant(raw?.created_at);
  const fate = raw === null ? null : fateOf(raw);
  if (raw === null || at === null || fate === null) return null;
  const { tags, to } = raw.data ?? {};
  const addresses = (Array.isArray(to) ? to : [to]).filter((each) => typeof each === "string");
  return {
    mailId: token(tags?.mail_id) ? tags.mail_id : null,
    fate,
    addresses: addresses.slice(0, MAX_ADDRESSES).map(bareAddress),
    at,
  };
}

/** A passing trouble (a full mailbox, a server away) says nothing against the address. */
function fateOf({ type, data }: Raw): MailFate | null {
  switch (type) {
    case "email.delivered":
      return "delivered";
    case "email.bounced":
      return data?.bounce?.type === "Permanent" ? "bounced" : "late";
    case "email.complained":
      return "complained";
    case "email.suppressed":
      return data?.suppressed?.reason === "previous_complaint" ? "complained" : "bounced";
    case "email.failed":
      return "failed";
    case "email.delivery_delayed":
      return "late";
    default:
      return null;
  }
}

/** `Ann <Ann@Example.com>` → `ann@example.com` */
function bareAddress(text: string): string {
  return (/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text).trim().toLowerCase();
}

function instant(value: unknown): Date | null {
  const at = typeof value === "string" ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? null : at;
}

function parse(body: Buffer): Raw | null {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

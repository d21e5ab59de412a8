/** What a module says when it sends a mail, and what it writes when the mail leaves. Types and pure rules. */
import type { Tx } from "../../platform/db/index.ts";
import type { Id, OrgId } from "../../platform/ids.ts";

export type MailId = Id<"mail">;

/** A piece of a mail, from top to bottom. Text is plain: the layout escapes it, and keeps its line breaks. */
export type Block =
  | { text: string }
  /** The one thing to do. Its address is written out below, for readers that show no buttons. */
  | { button: string; url: string }
  /** Something to type or compare, set large. */
  | { code: string }
  /** Labelled lines: when, where, which. */
  | { facts: readonly (readonly [label: string, value: string])[] }
  /** Small print. */
  | { note: string };

export type Composed = {
  /** One line. */
  subject: string;
  blocks: readonly Block[];
};

/** What a mail may know of itself while it is composed. */
export type Letter = {
  readonly id: MailId;
  /** The address it goes to. */
  readonly to: string;
  readonly now: Date;
  /**
   * The mail's own token of 256 bits, in base64url; the same at each try. Store `hashToken` of it in the transaction that
   * `compose` gets, on conflict doing nothing, for a try that failed is composed again.
   */
  token(): string;
  /** An address in our console, with these values in its query. */
  link(path: string, values?: Readonly<Record<string, string>>): string;
};

/** Ids of what a mail is about. Never a token, a name or a text. */
export type Ref = Readonly<Record<string, string>>;

export type MailKind<R extends Ref = Ref> = {
  /** Dotted words, the module's name first: `identity.verify`. It is also the label of the metric. */
  readonly kind: string;
  /**
   * Runs when the mail is about to leave, in a transaction of its own (the organization's, if the mail names one). Null when
   * it is no longer wanted. No network.
   */
  compose(tx: Tx, ref: R, letter: Letter): Promise<Composed | null>;
};

export type NewMail = {
  kind: string;
  /** An address; it is written in small letters. */
  to: string;
  /** At most 1,000 characters as JSON. */
  ref?: Ref;
  /** Whose rows `compose` must see; left out: those of the transaction that sends. */
  orgId?: OrgId;
};

/** Joins a path of our own and values to the base URL. */
export function linkTo(baseUrl: string, path: string, values: Readonly<Record<string, string>> = {}): string {
  const url = new URL(path, baseUrl);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url.href;
}

import { Resend } from "resend";
import { MailFault, toFault } from "./fault.ts";

const OWN_URL = "https://api.resend.com";
/** Names the mail in all that the company later tells of it. Tags take letters, digits, `_` and `-`. */
const ID_TAG = "mail_id";

export type OutgoingMail = {
  /** Also the idempotency key: the company takes a mail of this id once. */
  id: string;
  from: string;
  to: string;
  subject: string;
  html: string;
  text: string;
};

export type MailCompany = {
  readonly name: string;
  /** Hands one mail over; the company's own id, or null when it had taken this mail before. Throws `MailFault`. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<string | null>;
  /** Throws when the company is not reachable or does not know our key; else what it says of the account. */
  probe(signal: AbortSignal): Promise<string>;
};

export function createMailCompany(options: {
  apiKey: string;
  /** Null: the company itself. */
  baseUrl: string | null;
}): MailCompany {
  const sdk = new Resend(options.apiKey, { baseUrl: options.baseUrl ?? OWN_URL });
  return {
    name: "Resend",
    async send({ id, ...mail }, signal) {
      const tags = [{ name: ID_TAG, value: id }];
      const sent = await sdk.emails.send({ ...mail, tags }, { idempotencyKey: id, signal });
      if (sent.error === null) return takenId(sent.data);
      // The key is known with another text: an earlier try arrived, and its answer was lost.
      if (sent.error.name === "invalid_idempotent_request") return null;
      throw toFault(sent.error, sent.headers);
    },
    async probe(signal) {
      const { data, error } = await sdk.domains.list({}, { signal });
      if (error === null)
        return `sends for ${data.data
          .filter(({ status }) => status === "verified")
          .map(({ name }) => name)
          .join(", ")}`;
      if (error.name === "restricted_api_key") return "a key that only sends";
      throw new Error(error.statusCode === null ? "no answer" : error.name);
    },
  };
}

/** A success without an id is an answer that was spoilt on its way. */
function takenId(data: { id?: unknown } | null): string {
  if (typeof data?.id === "string") return data.id;
  throw new MailFault("unavailable", "unreadable_answer", {});
}

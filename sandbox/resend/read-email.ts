import { invalid, missing, ResendError } from "./errors.ts";
import { bareAddress } from "./books.ts";

/** A mail as it was sent, checked as Resend checks it. */
export type Email = {
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  reply_to: string[];
  subject: string;
  html: string | null;
  text: string | null;
  headers: Record<string, string>;
  tags: { name: string; value: string }[];
  attachments: { filename: string; content_type: string; content: string }[];
  scheduled_at: string | null;
};

const MAX_RECIPIENTS = 50;
const MAX_TAGS = 75;
const MAX_TAG_CHARS = 256;
/** Resend's own bound: 40 MB of attachments after encoding. */
const MAX_ATTACHMENT_CHARS = 40 * 1024 * 1024;
const TAG = /^[A-Za-z0-9_-]+$/;
const ADDRESS = /^[^\s@<>,;]+@[^\s@<>,;.]+(?:\.[^\s@<>,;.]+)+$/;
const FIELDS = new Set([
  "from",
  "to",
  "subject",
  "bcc",
  "cc",
  "reply_to",
  "html",
  "text",
  "headers",
  "scheduled_at",
  "attachments",
  "tags",
]);
/** Parameters that Resend has and the sandbox does not play. */
const UNBUILT = new Set(["template", "topic_id", "react"]);

type Loose = Record<string, unknown>;
const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function parseBody(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch (cause) {
    throw new ResendError(400, "validation_error", `The request body is not valid JSON: ${String(cause)}`);
  }
}

/** Reads one mail; `inBatch` refuses what a batch does not take. */
export function readEmail(value: unknown, verified: (domain: string) => boolean, inBatch: boolean): Email {
  if (!isObject(value)) throw invalid("Invalid `body`. It must be an object.");
  const unbuilt = Object.keys(value).find((name) => UNBUILT.has(name) && value[name] !== undefined);
  if (unbuilt !== undefined)
    throw new ResendError(501, "sandbox_not_implemented", `The sandbox does not play \`${unbuilt}\`.`);
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw invalid(`Unknown field \`${unknown}\`.`);
  for (const field of ["from", "to", "subject"]) if (isEmpty(value[field])) throw missing(field);
  const [html, text] = [optionalText(value, "html"), optionalText(value, "text")];
  if (html === null && text === null)
    throw new ResendError(422, "missing_required_field", "Missing `html` or `text` field.");
  if (inBatch && value["attachments"] !== undefined)
    throw invalid("The `attachments` field is not supported yet.");
  if (inBatch && value["scheduled_at"] !== undefined)
    throw invalid("The `scheduled_at` field is not supported yet.");
  return {
    from: sender(value["from"], verified),
    to: addresses(value, "to"),
    cc: addresses(value, "cc"),
    bcc: addresses(value, "bcc"),
    reply_to: addresses(value, "reply_to"),
    subject: subject(value["subject"]),
    html,
    text,
    headers: headers(value["headers"]),
    tags: tags(value["tags"]),
    attachments: attachments(value["attachments"]),
    scheduled_at: optionalText(value, "scheduled_at"),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

function optionalText(from: Loose, field: string): string | null {
  const value = from[field];
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw invalid(`Invalid \`${field}\` field. It must be a string.`);
  return value;
}

function subject(value: unknown): string {
  if (typeof value !== "string") throw invalid("Invalid `subject` field. It must be a string.");
  if (/[\r\n]/.test(value)) throw invalid("The `\\n` is not allowed in the `subject` field.");
  return value;
}

function wrongAddress(field: string): ResendError {
  return invalid(
    `Invalid \`${field}\` field. The email address needs to follow the \`email@example.com\` or \`Name <email@example.com>\` format.`,
  );
}

function sender(value: unknown, verified: (domain: string) => boolean): string {
  if (typeof value !== "string" || !ADDRESS.test(bareAddress(value))) throw wrongAddress("from");
  const domain = bareAddress(value).split("@")[1] ?? "";
  if (!verified(domain))
    throw new ResendError(
      403,
      "validation_error",
      `The ${domain} domain is not verified. Please, add and verify your domain on https://resend.com/domains`,
    );
  return value;
}

function addresses(from: Loose, field: "to" | "cc" | "bcc" | "reply_to"): string[] {
  const value = from[field];
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MAX_RECIPIENTS)
    throw invalid(`Invalid \`${field}\` field. The maximum number of recipients is ${MAX_RECIPIENTS}.`);
  return list.map((each) => {
    if (typeof each !== "string" || !ADDRESS.test(bareAddress(each))) throw wrongAddress(field);
    return each;
  });
}

function headers(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalid("Invalid `headers` field. It must be an object.");
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
}

function tags(value: unknown): Email["tags"] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_TAGS) throw invalid("Invalid `tags` field.");
  return value.map((each: unknown) => {
    const { name, value: held } = isObject(each) ? each : {};
    for (const text of [name, held]) {
      if (typeof text !== "string" || text.length > MAX_TAG_CHARS || !TAG.test(text))
        throw invalid("Tags should only contain ASCII letters, numbers, underscores, or dashes.");
    }
    return { name: String(name), value: String(held) };
  });
}

function attachments(value: unknown): Email["attachments"] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid("Invalid `attachments` field. It must be an array.");
  const read = value.map((each: unknown) => {
    if (!isObject(each)) throw invalid("Attachment must have either a `content` or `path`.");
    if (each["path"] !== undefined)
      throw new ResendError(501, "sandbox_not_implemented", "The sandbox fetches no attachment by `path`.");
    if (typeof each["content"] !== "string")
      throw invalid("Attachment must have either a `content` or `path`.");
    const filename = typeof each["filename"] === "string" ? each["filename"] : "attachment";
    const type = typeof each["content_type"] === "string" ? each["content_type"] : "application/octet-stream";
    return { filename, content_type: type, content: each["content"] };
  });
  if (read.reduce((sum, { content }) => sum + content.length, 0) > MAX_ATTACHMENT_CHARS)
    throw invalid("The attachments are larger than 40 MB.");
  return read;
}

/**
 * Resend on this machine, mounted at `/resend`: mails (one, many, scheduled, cancelled), domains, webhooks, and the boxes
 * in which the mails lie, as pages (`/resend/mailbox`) and as JSON (`GET /_sandbox/mailbox`).
 *
 * `bounced@`, `complained@`, `suppressed@resend.dev` and `bounce@` of any domain end as their names say; all others arrive.
 * What bounced or complained once is suppressed from then on, as Resend does it. Signatures are Svix's.
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Company, ErrorKind, World } from "../core/company.ts";
import { openBooks } from "./books.ts";
import { OWN_DOMAIN, seedDomains } from "./domains.ts";
import { complain, leaveScheduled, newestEmails, settleEmail } from "./emails.ts";
import { ResendError, writeError } from "./errors.ts";
import { EVENT_TYPES } from "./events.ts";
import { waitForMail } from "./mailbox.ts";
import { servePage } from "./pages.ts";
import { BUILT, serve } from "./serve.ts";
import { triggers } from "./triggers.ts";
import { ownHook, webhookStyle } from "./webhooks.ts";

/** Event types that Resend's document names. */
const PUBLISHED_EVENTS = 17;

/** `re_{world}_…` */
function worldOf({ authorization }: IncomingHttpHeaders): string | null {
  const key = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
  if (key.includes("invalid")) return null;
  return /^re_([a-z0-9-]{1,40})_[A-Za-z0-9]{4,200}$/.exec(key)?.[1] ?? null;
}

function unauthorized(res: ServerResponse, headers: IncomingHttpHeaders): void {
  writeError(
    res,
    headers.authorization === undefined
      ? new ResendError(
          401,
          "missing_api_key",
          "Missing API key in the authorization header. Include the following header 'Authorization: Bearer YOUR_API_KEY' in your request.",
        )
      : new ResendError(403, "invalid_api_key", "API key is invalid"),
  );
}

function error(res: ServerResponse, status: number, kind: ErrorKind): void {
  if (kind === "rate_limit")
    return writeError(
      res,
      new ResendError(
        429,
        "rate_limit_exceeded",
        "Too many requests. You can only make 10 requests per second. See rate limit response headers for more information.",
      ),
    );
  if (kind === "too_large")
    return writeError(res, new ResendError(status, "validation_error", "The request is too large."));
  const message = "An unexpected error occurred (sandbox fault).";
  writeError(
    res,
    new ResendError(status, status < 500 ? "validation_error" : "internal_server_error", message),
  );
}

const credentials = (world: World): Record<string, string> => ({
  api_key: `re_${world.name}_${"sandbox".padEnd(24, "0")}`,
  webhook_secret: ownHook(world)?.secret ?? "",
  base_url: `${world.baseUrl}/resend`,
  from: `Holdfast <hello@${OWN_DOMAIN}>`,
  mailbox_url: `${world.baseUrl}/resend/mailbox${world.name === "default" ? "" : `?world=${world.name}`}`,
});

export const resend: Company = {
  name: "resend",
  worldOf,
  unauthorized,
  error,
  credentials,
  handle: serve,
  page: servePage,
  mailbox: waitForMail,
  welcome(world) {
    openBooks(world);
    seedDomains(world);
    ownHook(world);
  },
  due: { "email.leave": leaveScheduled, "email.settle": settleEmail, "email.complain": complain },
  webhooks: webhookStyle,
  objects: (world, limit) =>
    newestEmails(world, limit).map((email) => ({
      kind: "email",
      id: email.id,
      created: Math.floor(email.createdMs / 1000),
      state: email.lastEvent,
      text: `${email.content.subject} → ${email.content.to.join(", ")}`,
      body: email,
    })),
  books: (world) =>
    newestEmails(world, 10_000).map(({ id, content, lastEvent }) => ({ id, content, lastEvent })),
  triggers,
  coverage: () => ({
    basis: "official",
    operations: { built: [...BUILT], of: null },
    events: { built: [...EVENT_TYPES], of: PUBLISHED_EVENTS },
  }),
};

import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { MailboxMail, PageRequest, World } from "../core/company.ts";
import { eventsOf } from "./events.ts";
import { findMail, listBoxes, listMails } from "./mailbox.ts";
import { boxesPage, boxPage, mailPage, messagePage } from "./mailbox-page.ts";

const SECURITY = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** The mail itself, as a reader would show it: it runs no script, asks nobody, and opens what is clicked in a new page. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

const ASSETS: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/assets/mailbox.css": ["pages/mailbox.css", "text/css; charset=utf-8"],
  "/assets/mailbox.js": ["pages/mailbox.js", "text/javascript; charset=utf-8"],
};

function send(
  res: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": PAGE_POLICY,
    ...SECURITY,
    ...headers,
  });
  res.end(body);
}

/**
 * The boxes, for people: `/mailbox` all of them, `?to=` one, `/mailbox/{seq}` one mail, `…/html`, `…/source` and
 * `…/attachments/{n}` its parts. `?world=` names the world.
 */
export function servePage(page: PageRequest): Promise<boolean> {
  const { path, method, res, query, worlds } = page;
  const asset = ASSETS[path];
  if (asset !== undefined) {
    send(res, 200, readFileSync(new URL(asset[0], import.meta.url), "utf8"), { "content-type": asset[1] });
    return Promise.resolve(true);
  }
  const match = /^\/mailbox(?:\/(\d{1,12})(?:\/(html|source|attachments)(?:\/(\d{1,3}))?)?)?\/?$/.exec(path);
  if (match === null) return Promise.resolve(false);
  const world = worlds.find(query.get("world") ?? "default");
  if (method !== "GET")
    send(res, 405, messagePage("Only for reading", "This page is read, nothing else."), { allow: "GET" });
  else if (world === null)
    send(
      res,
      404,
      messagePage("There is no such world", "Check the address, or start from the switchboard."),
    );
  else if (match[1] === undefined) overview(world, query.get("to"), res);
  else oneMail(world, Number(match[1]), match[2] ?? null, Number(match[3] ?? 0), res);
  return Promise.resolve(true);
}

function overview(world: World, to: string | null, res: ServerResponse): void {
  const address = to?.trim().toLowerCase() ?? "";
  const boxes = listBoxes(world);
  send(
    res,
    200,
    address === ""
      ? boxesPage(world.name, boxes, listMails(world, null).slice(0, 30))
      : boxPage(world.name, address, listMails(world, address)),
  );
}

function oneMail(world: World, seq: number, part: string | null, n: number, res: ServerResponse): void {
  const found = findMail(world, seq);
  if (found === null)
    return send(
      res,
      404,
      messagePage("There is no such mail", "It may have gone with a reset of the world."),
    );
  const { mail, content } = found;
  if (part === null) return send(res, 200, mailPage(world.name, mail, eventsOf(world, mail.id)));
  if (part === "html")
    return send(res, 200, withTarget(content.html ?? ""), { "content-security-policy": MAIL_POLICY });
  if (part === "source")
    return send(res, 200, sourceOf(mail), { "content-type": "text/plain; charset=utf-8" });
  const attachment = content.attachments[n];
  if (attachment === undefined) return send(res, 404, messagePage("There is no such attachment", ""));
  // Whatever it says it is, a browser only saves it.
  send(res, 200, Buffer.from(attachment.content, "base64"), {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${attachment.filename.replaceAll(/[^\w.-]/g, "_")}"`,
  });
}

/** Links open a page of their own: the frame must stay the mail. */
function withTarget(html: string): string {
  const base = '<base target="_blank">';
  return /<head[^>]*>/i.test(html) ? html.replace(/<head[^>]*>/i, (head) => head + base) : base + html;
}

/** The mail as it would go over the wire, its parts unencoded so that they can be read. */
export function sourceOf(mail: MailboxMail): string {
  const head = [
    `Message-ID: <${mail.id}@eu-west-1.sandbox>`,
    `Date: ${new Date(mail.arrived_at).toUTCString()}`,
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    ...(mail.reply_to.length > 0 ? [`Reply-To: ${mail.reply_to.join(", ")}`] : []),
    `Subject: ${mail.subject}`,
    ...Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`),
    "MIME-Version: 1.0",
    'Content-Type: multipart/alternative; boundary="sandbox"',
  ];
  const part = (type: string, body: string | null): string =>
    body === null ? "" : `\n--sandbox\nContent-Type: ${type}; charset=utf-8\n\n${body}`;
  return `${head.join("\n")}\n${part("text/plain", mail.text)}${part("text/html", mail.html)}\n--sandbox--\n`;
}

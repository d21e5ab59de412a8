import type { MailboxMail } from "../core/company.ts";

const SPECIAL: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => SPECIAL[char] ?? char);

function shell(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/resend/assets/mailbox.css">
<script type="module" src="/resend/assets/mailbox.js"></script>
</head>
<body>
<p class="ribbon"><strong>Sandbox</strong> Mail that was sent on this machine. It has gone nowhere else.</p>
${body}
</body>
</html>
`;
}

/** A path of the mailbox in its world. */
function at(world: string, path: string, values: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...values, ...(world === "default" ? {} : { world }) }).toString();
  return escape(`/resend/mailbox${path}${query === "" ? "" : `?${query}`}`);
}

const time = (iso: string): string =>
  `<time datetime="${escape(iso)}">${escape(iso.slice(0, 19).replace("T", " "))} UTC</time>`;

export function messagePage(title: string, text: string): string {
  return shell(
    title,
    `<main><h1>${escape(title)}</h1><p>${escape(text)}</p><p><a href="/_sandbox">To the switchboard</a></p></main>`,
  );
}

function mailList(world: string, mails: readonly MailboxMail[], withAddress: boolean): string {
  const line = (mail: MailboxMail): string =>
    `<li><a href="${at(world, `/${mail.seq}`)}"><span class="subject">${escape(mail.subject)}</span>
<span class="meta">${withAddress ? `to ${escape(mail.to)} · ` : ""}${time(mail.arrived_at)}</span></a></li>`;
  return `<ul class="mails" data-newest="${mails[0]?.seq ?? 0}">${mails.map(line).join("\n")}</ul>`;
}

const empty = (text: string): string =>
  `<p class="empty">${escape(text)}</p><ul class="mails" data-newest="0"></ul>`;

export function boxesPage(
  world: string,
  boxes: readonly { address: string; count: number }[],
  newest: readonly MailboxMail[],
): string {
  const box = ({ address, count }: { address: string; count: number }): string =>
    `<li><a href="${at(world, "", { to: address })}">${escape(address)} <b>${count}</b></a></li>`;
  const worldField = world === "default" ? "" : `<input type="hidden" name="world" value="${escape(world)}">`;
  return shell(
    "Mailbox",
    `<header><h1>Mailbox</h1><a href="/_sandbox">Switchboard</a></header>
<main>
<form method="get" action="/resend/mailbox" role="search"><label>Address <input name="to" type="search" placeholder="ann@example.com" autocomplete="off"></label>${worldField}<button>Open</button></form>
${
  newest.length === 0
    ? empty("No mail has been sent in this world. It appears here by itself.")
    : `<h2>Addresses</h2><ul class="boxes">${boxes.map(box).join("\n")}</ul><h2>Newest</h2>${mailList(world, newest, true)}`
}
</main>`,
  );
}

export function boxPage(world: string, address: string, mails: readonly MailboxMail[]): string {
  return shell(
    `Mail to ${address}`,
    `<header><h1>${escape(address)}</h1><a href="${at(world, "")}">All addresses</a></header>
<main>${mails.length === 0 ? empty("No mail to this address. It appears here by itself.") : mailList(world, mails, false)}</main>`,
  );
}

export function mailPage(world: string, mail: MailboxMail, events: readonly string[]): string {
  const path = `/${mail.seq}`;
  const links = mail.links.map(
    (url) => `<li><a href="${escape(url)}" target="_blank" rel="noopener">${escape(url)}</a></li>`,
  );
  const files = mail.attachments.map(
    ({ filename, bytes }, n) =>
      `<li><a href="${at(world, `${path}/attachments/${n}`)}">${escape(filename)}</a> ${bytes} bytes</li>`,
  );
  const panel = (id: string, name: string, body: string, shown: boolean): string =>
    `<section id="${id}" role="tabpanel" aria-label="${name}"${shown ? "" : " hidden"}>${body}</section>`;
  const tab = (id: string, name: string, shown: boolean): string =>
    `<button type="button" role="tab" aria-controls="${id}" aria-selected="${shown}"${shown ? "" : ' tabindex="-1"'}>${name}</button>`;
  const htmlFirst = mail.html !== null;
  const frame = `<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src="${at(world, `${path}/html`)}"></iframe>`;
  return shell(
    mail.subject,
    `<header><h1>${escape(mail.subject)}</h1><a href="${at(world, "", { to: mail.to })}">Mail to ${escape(mail.to)}</a></header>
<main>
<dl><dt>From</dt><dd>${escape(mail.from)}</dd><dt>To</dt><dd>${escape(mail.to)}</dd><dt>At</dt><dd>${time(mail.arrived_at)}</dd><dt>Events</dt><dd>${events.length === 0 ? "none yet" : escape(events.join(" → "))}</dd></dl>
${files.length === 0 ? "" : `<h2>Attachments</h2><ul>${files.join("")}</ul>`}
<div role="tablist" aria-label="Parts">${tab("html", "HTML", htmlFirst)}${tab("text", "Text", !htmlFirst)}${tab("source", "Source", false)}${tab("links", `Links (${links.length})`, false)}</div>
${panel("html", "HTML", mail.html === null ? "<p>This mail has no HTML.</p>" : frame, htmlFirst)}
${panel("text", "Text", `<pre>${mail.text === null ? "This mail has no text." : linked(mail.text)}</pre>`, !htmlFirst)}
${panel("source", "Source", `<p><a href="${at(world, `${path}/source`)}">As plain text</a></p><pre>${escape(mail.html ?? "")}</pre>`, false)}
${panel("links", "Links", links.length === 0 ? "<p>This mail links nowhere.</p>" : `<ul class="links">${links.join("")}</ul>`, false)}
</main>`,
  );
}

/** Plain text whose addresses can be followed. */
function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part, i) =>
      i % 2 === 0
        ? escape(part)
        : `<a href="${escape(part)}" target="_blank" rel="noopener">${escape(part)}</a>`,
    )
    .join("");
}

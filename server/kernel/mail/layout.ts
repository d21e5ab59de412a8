/** The one layout of all mails, as HTML and as text. Pure. */
import { assert } from "../../platform/problem.ts";
import type { Block, Composed } from "./letter.ts";

const MAX_SUBJECT_CHARS = 200;
const PREVIEW_CHARS = 140;

/** Light by default, since most readers of mail know nothing else; dark where the reader says so. */
const STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; width: 100%; background: #f4f5f7; -webkit-text-size-adjust: 100%; }
a { color: #1d4ed8; }
@media (max-width: 600px) { .card { padding: 28px 22px !important; border-radius: 0 !important; } .page { padding: 0 !important; } }
@media (prefers-color-scheme: dark) {
  body, .page { background: #0f1115 !important; }
  .card { background: #181b21 !important; border-color: #2a2f38 !important; }
  .ink, .ink td { color: #e7e9ee !important; }
  .pale { color: #9aa3b2 !important; }
  .code { background: #0f1115 !important; color: #e7e9ee !important; border-color: #2a2f38 !important; }
  .button { background: #4f7cff !important; }
  a { color: #8fb0ff; }
}`;

const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const INK = `${FONT};font-size:16px;line-height:1.55;color:#1b1f27`;
const PALE = `${FONT};font-size:13px;line-height:1.5;color:#667085`;

/** `host` names the installation in the foot of the mail. */
export function renderMail(
  { subject, blocks }: Composed,
  host: string,
): { subject: string; html: string; text: string } {
  const title = oneLine(subject).slice(0, MAX_SUBJECT_CHARS);
  const foot = `Sent by Holdfast at ${host}. Nobody reads answers to this address.`;
  const first = blocks.find((block) => "text" in block);
  const preview = first && "text" in first ? oneLine(first.text).slice(0, PREVIEW_CHARS) : "";
  return {
    subject: title,
    html: page(title, preview, blocks.map(htmlOf).join("\n"), foot),
    text: `${[...blocks.map(textOf), `-- \n${foot}`].join("\n\n")}\n`,
  };
}

function page(title: string, preview: string, body: string, foot: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<div style="display:none;max-height:0;overflow:hidden;opacity:0">${escape(preview)}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="page" style="background:#f4f5f7;padding:32px 12px">
<tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">
<tr><td class="card" style="background:#ffffff;border:1px solid #e4e7ec;border-radius:14px;padding:36px 40px">
<p class="ink" style="${FONT};font-size:15px;font-weight:700;letter-spacing:-0.01em;margin:0 0 24px;color:#1b1f27">Holdfast</p>
<h1 class="ink" style="${FONT};font-size:22px;line-height:1.3;font-weight:650;margin:0 0 16px;color:#1b1f27">${escape(title)}</h1>
${body}
</td></tr>
<tr><td style="padding:18px 8px" align="center"><p class="pale" style="${PALE};margin:0">${escape(foot)}</p></td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

function htmlOf(block: Block): string {
  if ("text" in block) return `<p class="ink" style="${INK};margin:0 0 16px">${lines(block.text)}</p>`;
  if ("note" in block) return `<p class="pale" style="${PALE};margin:16px 0 0">${lines(block.note)}</p>`;
  if ("code" in block)
    return `<p class="code" style="font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:24px;letter-spacing:0.08em;text-align:center;margin:0 0 16px;padding:14px;border:1px solid #e4e7ec;border-radius:10px;background:#f4f5f7;color:#1b1f27">${escape(block.code)}</p>`;
  if ("facts" in block) return facts(block.facts);
  const url = escape(address(block.url));
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 16px"><tr>
<td class="button" style="background:#1d4ed8;border-radius:9px"><a href="${url}" style="${FONT};display:inline-block;padding:12px 22px;font-size:16px;font-weight:600;color:#ffffff;text-decoration:none">${escape(block.button)}</a></td>
</tr></table>
<p class="pale" style="${PALE};margin:0 0 16px;word-break:break-all">Or open this address:<br><a href="${url}">${url}</a></p>`;
}

function facts(rows: readonly (readonly [string, string])[]): string {
  const cells = rows.map(
    ([label, value]) =>
      `<tr><td class="pale" style="${PALE};padding:4px 16px 4px 0;vertical-align:top;white-space:nowrap">${escape(label)}</td><td class="ink" style="${INK};font-size:15px;padding:2px 0">${lines(value)}</td></tr>`,
  );
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px">${cells.join("")}</table>`;
}

function textOf(block: Block): string {
  if ("text" in block) return block.text;
  if ("note" in block) return block.note;
  if ("code" in block) return `    ${block.code}`;
  if ("facts" in block) return block.facts.map(([label, value]) => `${label}: ${value}`).join("\n");
  return `${block.button}:\n${address(block.url)}`;
}

/** Only the web is linked to: what a module hands in may carry what a person wrote. */
function address(url: string): string {
  const { protocol, href } = new URL(url);
  assert(protocol === "https:" || protocol === "http:", "mails link to the web alone");
  return href;
}

const SPECIAL: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => SPECIAL[char] ?? char);
const lines = (text: string): string => escape(text).replaceAll(/\r?\n/g, "<br>");
/** A header takes no line break; other control characters have no place in a title either. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029\s]+/gu, " ").trim();

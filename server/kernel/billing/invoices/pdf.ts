/** An invoice as a PDF of one page or more: plain text in the standard font. Pure. */
import { moneyText } from "../money-text.ts";
import type { InvoiceRow } from "./store.ts";

const LINES_A_PAGE = 48;
const LEADING = 15;
const TOP = 790;
const LEFT = 56;

const day = (text: string | Date): string => new Date(text).toISOString().slice(0, 10);

function textOf(row: InvoiceRow, name: string): string[] {
  const money = (minor: bigint | number) => moneyText(BigInt(minor), row.currency);
  return [
    `Invoice ${row.number ?? row.id}`,
    "",
    `To        ${name}`,
    `Date      ${day(row.created_at)}`,
    `Status    ${row.status}${row.paid_at ? ` on ${day(row.paid_at)}` : ""}`,
    "",
    ...row.lines.flatMap((line) => [
      line.description,
      `          ${day(line.period_start)} to ${day(line.period_end)}, ${line.quantity} x    ${money(line.amount_minor)}`,
    ]),
    "",
    `Subtotal  ${money(row.subtotal_minor)}`,
    `Tax       ${money(row.tax_minor)}`,
    `Total     ${money(row.total_minor)}`,
    `Paid      ${money(row.paid_minor)}`,
  ];
}

/** The standard fonts know Latin-1; another letter is shown as a question mark. Brackets and backslashes are escaped. */
const literal = (text: string): string =>
  `(${[...text].map((one) => ((one.codePointAt(0) ?? 0) > 255 ? "?" : one.replace(/[\\()]/, String.raw`\$&`))).join("")})`;

/** Objects are numbered from 1; the table at the end says at which byte each begins. */
export function invoicePdf(row: InvoiceRow, name: string): Buffer {
  const lines = textOf(row, name);
  const pages: string[][] = [];
  for (let at = 0; at < lines.length; at += LINES_A_PAGE) pages.push(lines.slice(at, at + LINES_A_PAGE));
  const kids = pages.map((_, at) => `${4 + at * 2} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ...pages.flatMap((page, at) => {
      const stream = `BT /F1 10 Tf ${LEADING} TL ${LEFT} ${TOP} Td ${page.map((text) => `${literal(text)} '`).join("\n")} ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`,
        `<< /Length ${Buffer.byteLength(stream, "latin1")} >>\nstream\n${stream}\nendstream`,
      ];
    }),
  ];
  let text = "%PDF-1.4\n";
  const starts = objects.map((object, at) => {
    const start = Buffer.byteLength(text, "latin1");
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const table = Buffer.byteLength(text, "latin1");
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("")}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

import { formatAmount } from "../catalog/money.ts";
import type { Invoice } from "./invoice.ts";

/** Lines that fit on the one page. */
const MAX_LINES = 40;

/** Text in a PDF string; what Latin-1 cannot say becomes a question mark. */
function quoted(text: string): string {
  const latin = text.replaceAll("€", "EUR ").replaceAll(/[^\u0020-\u00ff]/g, "?");
  return `(${latin.replaceAll(/[\\()]/g, (sign) => `\\${sign}`)})`;
}

function textOf(invoice: Invoice): string[] {
  const money = (amount: number): string => formatAmount(amount, invoice.currency);
  const day = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10);
  return [
    `Invoice ${invoice.number ?? ""}`,
    `Issued ${day(invoice.effective_at ?? invoice.created)}`,
    `Bill to ${invoice.customer_name ?? ""} ${invoice.customer_email ?? ""}`,
    "",
    ...invoice.lines.data
      .slice(0, MAX_LINES)
      .map((line) => `${line.description ?? "Item"}    ${money(line.amount)}`),
    "",
    `Total ${money(invoice.total)}`,
    `Amount due ${money(invoice.amount_remaining)}`,
    `Status ${String(invoice.status)}`,
    "",
    "Sandbox: no real money moved.",
  ];
}

/** One page of plain text as a PDF file. */
export function invoicePdf(invoice: Invoice): Buffer {
  const lines = textOf(invoice).map((line) => `${quoted(line)} Tj T*`);
  const content = `BT /F1 11 Tf 15 TL 56 780 Td ${lines.join("\n")} ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${Buffer.byteLength(content, "latin1")} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((body, at) => {
    const offset = Buffer.byteLength(file, "latin1");
    file += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const start = Buffer.byteLength(file, "latin1");
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}

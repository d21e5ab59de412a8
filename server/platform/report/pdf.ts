import PdfDocument from "pdfkit";
import type { Cell, ReportDocument, ReportTable } from "./document.ts";

const MARGIN = 36;
const TEXT = 8;
const TITLE = 14;
const HEADING = 10;
const LINE = 12;
const GAP = 6;
const FACTS_WIDTH = 120;
/** The standard fonts hold Latin text; other letters show as a question mark. */
const UNKNOWN = /[^\x20-\x7e\u00a0-\u00ff]/gu;

/** A4 on its side, as many pages as it takes. Uncompressed, so that its text can be searched by anything. */
export function writePdf(report: ReportDocument, now: Date): Promise<Buffer> {
  const pdf = new PdfDocument({
    size: "A4",
    layout: "landscape",
    margin: MARGIN,
    compress: false,
    info: { Title: report.title, CreationDate: now },
  });
  const chunks: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
  pdf.on("end", () => resolve(Buffer.concat(chunks)));
  pdf.on("error", reject);
  pdf.font("Helvetica-Bold").fontSize(TITLE).text(plain(report.title), MARGIN, MARGIN, { lineBreak: false });
  let y = MARGIN + 2 * LINE;
  for (const [name, value] of report.facts) {
    y = roomFor(pdf, y);
    pdf.font("Helvetica-Bold").fontSize(TEXT).text(plain(name), MARGIN, y, { lineBreak: false });
    pdf.font("Helvetica").text(plain(value), MARGIN + FACTS_WIDTH, y, { lineBreak: false });
    y += LINE;
  }
  for (const table of report.tables) y = writeTable(pdf, table, y + LINE);
  pdf.end();
  return promise;
}

type Pdf = InstanceType<typeof PdfDocument>;

function writeTable(pdf: Pdf, table: ReportTable, start: number): number {
  const widths = widthsOf(pdf, table);
  let y = roomFor(pdf, start, 3);
  pdf.font("Helvetica-Bold").fontSize(HEADING).text(plain(table.title), MARGIN, y, { lineBreak: false });
  y = writeRow(pdf, table.columns, widths, y + LINE + GAP / 2, "Helvetica-Bold");
  if (table.rows.length === 0) return writeRow(pdf, ["None"], widths, y, "Helvetica");
  for (const row of table.rows) {
    const next = roomFor(pdf, y);
    y = next < y ? writeRow(pdf, table.columns, widths, next, "Helvetica-Bold") : next;
    y = writeRow(pdf, row, widths, y, "Helvetica");
  }
  return y;
}

function writeRow(
  pdf: Pdf,
  row: readonly Cell[],
  widths: readonly number[],
  y: number,
  font: string,
): number {
  pdf.font(font).fontSize(TEXT);
  let x = MARGIN;
  row.forEach((value, at) => {
    const width = widths[at] ?? 0;
    const text = plain(value);
    const isNumber = value !== null && typeof value !== "string";
    const left = isNumber ? x + Math.max(0, width - GAP - pdf.widthOfString(text)) : x;
    pdf.text(text, left, y, { lineBreak: false });
    x += width;
  });
  return y + LINE;
}

/** As wide as the widest cell asks for; all narrower when they do not fit on the page. */
function widthsOf(pdf: Pdf, { columns, rows }: ReportTable): number[] {
  const wanted = columns.map((name, at) => {
    pdf.font("Helvetica-Bold").fontSize(TEXT);
    const heading = pdf.widthOfString(plain(name));
    pdf.font("Helvetica");
    return (
      rows.reduce((most, row) => Math.max(most, pdf.widthOfString(plain(row[at] ?? null))), heading) + GAP
    );
  });
  const page = pdf.page.width - 2 * MARGIN;
  const sum = wanted.reduce((total, width) => total + width, 0);
  return sum <= page ? wanted : wanted.map((width) => (width * page) / sum);
}

/** Where the next line starts: on a new page when this one is full. */
function roomFor(pdf: Pdf, y: number, lines = 1): number {
  if (y + lines * LINE <= pdf.page.height - MARGIN) return y;
  pdf.addPage();
  return MARGIN;
}

const plain = (value: Cell): string => (value === null ? "" : String(value).replace(UNKNOWN, "?"));

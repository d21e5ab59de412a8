/**
 * A report as people take it away: the same document as CSV or as PDF, so that both say what the API says. Knows no business
 * word; the only importer of the PDF writer.
 */
export type { ReportDocument, ReportTable } from "./document.ts";
export { csvLine } from "./csv.ts";
export { sendDocument, REPORT_FORMATS } from "./send.ts";

import type { FastifyReply } from "fastify";
import { writeCsv } from "./csv.ts";
import type { ReportDocument } from "./document.ts";
import { writePdf } from "./pdf.ts";

export const REPORT_FORMATS = ["json", "csv", "pdf"] as const;

/** Answers with the document as a file. */
export async function sendDocument(
  reply: FastifyReply,
  format: "csv" | "pdf",
  report: ReportDocument,
  file: { name: string; now: Date },
): Promise<undefined> {
  const body = format === "csv" ? writeCsv(report) : await writePdf(report, file.now);
  void reply
    .header("content-disposition", `attachment; filename="${file.name}.${format}"`)
    .type(format === "csv" ? "text/csv; charset=utf-8" : "application/pdf")
    .send(body);
  return undefined;
}

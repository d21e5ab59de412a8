import { z } from "zod";
import { instant, int64, rangeOf, rangeQuery, type Http } from "../../../platform/http/index.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import { REPORT_FORMATS, sendDocument } from "../../../platform/report/index.ts";
import { readReport } from "./read.ts";
import { documentOf, REPORTS } from "./report.ts";

const row = z.object({
  group: z.string().meta({ description: "A day or month, a failure code, or total" }),
  unit: z.string(),
  values: z.array(int64).meta({ description: "One for each column" }),
});
const answer = z
  .object({
    report: z.enum(REPORTS),
    mode: z.enum(["test", "live"]),
    from: instant,
    to: instant,
    columns: z.array(z.string()),
    rows: z.array(row),
    totals: z.array(row),
    seal: z
      .object({ number: int64, hash: z.string(), sealed_before: instant })
      .nullable()
      .meta({ description: "The newest seal of that time" }),
    sealed: z.boolean().meta({ description: "All of that time is sealed" }),
  })
  .meta({ id: "Report" });

/** What was taken, kept, given back and used, for operators. */
export function reportRoutes(http: Http, { clock, db }: { clock: Clock; db: Db }): void {
  http.operation({
    method: "GET",
    path: "/api/reports/:report",
    id: "getReport",
    tag: "Reports",
    summary: "Sums of a time over all organizations, at most 366 days, as JSON, CSV or PDF",
    access: { least: "operator" },
    params: z.object({ report: z.enum(REPORTS) }),
    query: z.strictObject({ ...rangeQuery, format: z.enum(REPORT_FORMATS).default("json") }),
    answer: { status: 200, schema: answer },
    async handle({ actor, params, query: { format, ...asked }, reply }) {
      const now = clock.now();
      const report = await readReport(db, { ...params, ...rangeOf(asked, now), mode: actor.mode });
      if (format === "json") return report;
      const name = `${report.report}-${report.from.toISOString().slice(0, 10)}`;
      return sendDocument(reply, format, documentOf(report), { name, now });
    },
  });
}

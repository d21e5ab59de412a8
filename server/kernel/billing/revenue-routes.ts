import { z } from "zod";
import type { Cache } from "../../platform/cache/index.ts";
import { BUCKETS } from "../../platform/db/index.ts";
import { instant, int64, rangeOf, rangeQuery, type Http } from "../../platform/http/index.ts";
import type { Billing } from "./billing.ts";
import { type Money, readRevenue } from "./revenue.ts";

const CACHED_SECONDS = 300;
const PER_MINUTE = 20;

const query = z.strictObject({
  ...rangeQuery,
  group_by: z.enum([...BUCKETS, "org", "provider"]).default("day"),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .optional(),
});

const money = {
  currency: z.string(),
  gross_minor: int64,
  refunds_minor: int64,
  disputes_minor: int64.meta({ description: "Withdrawn and not returned" }),
  fees_minor: int64,
  net_minor: int64.meta({ description: "Gross less refunds, disputes and fees" }),
  paying_organizations: z.int(),
};
const answer = z
  .object({
    from: instant,
    to: instant,
    data: z.array(z.object({ group: z.string().nullable(), ...money })),
    totals: z.array(
      z.object({
        ...money,
        arpu_minor: int64.meta({
          description: "Gross less refunds and disputes for each organization that paid, rounded down",
        }),
        mrr_minor: int64.meta({
          description: "A month of what is subscribed to now; trials and gifts apart",
        }),
        arr_minor: int64.meta({ description: "Twelve times that" }),
        churn: z.number().nullable().meta({
          description: "Subscriptions that ended in the range ÷ those there at its start; null without any",
        }),
      }),
    ),
    as_of: instant,
  })
  .meta({ id: "Revenue" });

/** What the installation takes in, for its operators. Sums up to five minutes old. */
export function revenueRoutes(http: Http, { deps }: Billing, cache: Pick<Cache, "get">): void {
  const currencies = deps.packs.map((pack) => pack.currency);
  http.operation({
    method: "GET",
    path: "/api/admin/revenue",
    id: "getRevenue",
    tag: "Operator",
    summary: "Gross, refunds, disputes, fees and net per currency, as the ledger sums up; at most 366 days",
    access: { least: "operator" },
    limit: { name: "operator_figures", perMinute: PER_MINUTE },
    query,
    answer: { status: 200, schema: answer },
    async handle({ actor: { mode }, query: asked }) {
      const { currency = null, group_by: by } = asked;
      const key = ["revenue", mode, asked.from?.getTime(), asked.to?.getTime(), by, currency].join("|");
      return cache.get(
        { resource: "operator_stats", org: null, key, tags: [], ttlSeconds: CACHED_SECONDS },
        async () => {
          const now = deps.clock.now();
          const range = rangeOf(asked, now);
          const filter = { ...range, mode, currency, by: by === "provider" ? ("source" as const) : by };
          const { groups, totals } = await readRevenue(deps.db, filter, currencies);
          return {
            ...range,
            data: groups.map((row) => ({ group: row.group, ...shown(row) })),
            totals: totals.map((row) => ({
              ...shown(row),
              arpu_minor: row.arpu,
              mrr_minor: row.mrr,
              arr_minor: row.mrr * 12n,
              churn: row.churn,
            })),
            as_of: now,
          };
        },
      );
    },
  });
}

const shown = (row: Money) => ({
  currency: row.currency,
  gross_minor: row.gross,
  refunds_minor: row.refunds,
  disputes_minor: row.disputes,
  fees_minor: row.fees,
  net_minor: row.net,
  paying_organizations: row.paying,
});

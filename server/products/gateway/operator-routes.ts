import { z } from "zod";
import type { Cache } from "../../platform/cache/index.ts";
import { instant, int64, rangeOf, rangeQuery, type Http, type Range } from "../../platform/http/index.ts";
import type { Gateway } from "./settling/state.ts";
import { INSTALLATION_GROUPS, readInstallationUsage, type Used } from "./usage/installation.ts";

const CACHED_SECONDS = 300;
const PER_MINUTE = 20;

/** What `server/app.ts` hands in of the parts that count for themselves. */
export type OtherFigures = {
  cache: Pick<Cache, "get">;
  people(range: Range): Promise<{ total: number; new: number; active: number }>;
  jobs(range: Range): Promise<{ product: string; completed: number; failed: number; waiting: number }[]>;
};

const decimal = (description: string) => z.string().meta({ description });
const used = {
  calls: int64,
  failures: int64,
  input_tokens: int64,
  output_tokens: int64,
  credits_micros: int64.meta({ description: "Taken from the organizations, as the ledger says" }),
  cost_usd: decimal("What the calls cost, exact"),
  charge_usd: decimal("The credits' worth, exact"),
  margin_usd: decimal("Charge less cost, exact; below zero where a cost was written off"),
  loss_usd: decimal("What providers billed for calls that cost nobody anything, exact"),
};
const usageAnswer = z
  .object({
    from: instant,
    to: instant,
    data: z.array(z.object({ group: z.string().nullable(), ...used })),
    totals: z.object(used),
    as_of: instant,
  })
  .meta({ id: "InstallationUsage" });
const answer = z
  .object({
    from: instant,
    to: instant,
    users: z.object({
      total: z.int().meta({ description: "By the end of that time" }),
      new: z.int(),
      active: z.int().meta({ description: "Who signed in" }),
    }),
    jobs: z.array(z.object({ product: z.string(), completed: z.int(), failed: z.int(), waiting: z.int() })),
    data: z.array(z.object({ group: z.string().nullable(), ...used })),
    totals: z.object(used),
    as_of: instant,
  })
  .meta({ id: "UsageStats" });

/** What the whole installation uses, for its operators. Sums up to five minutes old. */
export function usageStatsRoutes(http: Http, { deps }: Gateway, others: OtherFigures): void {
  http.operation({
    method: "GET",
    path: "/api/admin/usage-stats",
    id: "getUsageStats",
    tag: "Operator",
    summary:
      "People, model calls, tokens, credits, cost, margin and jobs of the installation; at most 366 days",
    access: { least: "operator" },
    limit: { name: "operator_figures", perMinute: PER_MINUTE },
    query: z.strictObject({ ...rangeQuery, group_by: z.enum(INSTALLATION_GROUPS).default("day") }),
    answer: { status: 200, schema: answer },
    async handle({ actor: { mode }, query: { group_by: by, ...asked } }) {
      const key = ["usage", mode, asked.from?.getTime(), asked.to?.getTime(), by].join("|");
      return others.cache.get(
        { resource: "operator_stats", org: null, key, tags: [], ttlSeconds: CACHED_SECONDS },
        async () => {
          const now = deps.clock.now();
          const range = rangeOf(asked, now);
          const { groups, totals } = await readInstallationUsage(deps.db, { ...range, mode }, by);
          return {
            ...range,
            users: await others.people(range),
            jobs: await others.jobs(range),
            data: groups.map((row) => ({ group: row.group, ...shown(row) })),
            totals: shown(totals),
            as_of: now,
          };
        },
      );
    },
  });
}

/** Model calls of all organizations, as they stand now. */
export function installationUsageRoutes(http: Http, { deps }: Gateway): void {
  http.operation({
    method: "GET",
    path: "/api/admin/llm/usage",
    id: "getInstallationUsage",
    tag: "Operator",
    summary:
      "Model calls of all organizations in whole hours: cost, charge, margin and loss; at most 366 days",
    access: { least: "operator" },
    limit: { name: "operator_figures", perMinute: PER_MINUTE },
    query: z.strictObject({ ...rangeQuery, group_by: z.enum(INSTALLATION_GROUPS).default("org") }),
    answer: { status: 200, schema: usageAnswer },
    async handle({ actor: { mode }, query: { group_by: by, ...asked } }) {
      const now = deps.clock.now();
      const range = rangeOf(asked, now);
      const { groups, totals } = await readInstallationUsage(deps.db, { ...range, mode }, by);
      return {
        ...range,
        data: groups.map((row) => ({ group: row.group, ...shown(row) })),
        totals: shown(totals),
        as_of: now,
      };
    },
  });
}

const shown = ({ group: _group, ...sums }: Used) => sums;

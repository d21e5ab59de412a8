/** The scenarios: what each measures in a round, and what its figures must show. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createDb } from "../../server/platform/db/index.ts";
import { othersPercent } from "./cpu.ts";
import { openEnduranceBench } from "./endurance/bench.ts";
import { benchBeside } from "./gateway/beside.ts";
import { openGatewayBench } from "./gateway/bench.ts";
import { openIdentityBench } from "./identity/bench.ts";
import type { Judgement, Round } from "./judge.ts";
import { benchHolds } from "./ledger/hold-pairs.ts";
import { benchJobs } from "./jobs/burst.ts";
import { openPaymentsBench } from "./payments/bench.ts";
import type { Stage } from "./stage.ts";
import { openWebhooksBench } from "./webhooks/bench.ts";

export type Pace = {
  /** Of one measurement. */
  seconds: number;
  warmUpSeconds: number;
  /** Events that one round applies to the ledger. */
  events: number;
  /** Jobs of one organization that another's wait behind. */
  backlog: number;
  /** Events that lie in the fuller inbox. */
  stored: number;
  /** Model calls that one process answers, and attempts that lie in the fuller database. */
  calls: number;
  attempts: number;
};
export type Scenario = { round(): Promise<Round>; close(): Promise<void> };
export const SCENARIOS = [
  "ledger",
  "webhooks",
  "payments",
  "gateway",
  "jobs",
  "identity",
  "endurance",
] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

const MACHINE = fileURLToPath(new URL("machine.ts", import.meta.url));
/** How long others are watched before a round. */
const LOOK_MS = 500;
const CONNECTIONS = 10;
const PAIR_CONCURRENCY = 64;
const JOB_PROBES = 60;

/** The baseline that goes before every round. */
export async function measureMachine({ ownerUrl }: Stage, { seconds }: Pace) {
  const others = await othersPercent(LOOK_MS);
  const { stdout } = await promisify(execFile)(process.execPath, [MACHINE, ownerUrl, String(seconds)]);
  return { others_percent: others, machine_per_second: Number(stdout) };
}

export function open(name: ScenarioName, stage: Stage, pace: Pace): Promise<Scenario> {
  if (name === "ledger") return openLedger(stage, pace);
  if (name === "jobs") return openJobs(stage, pace);
  if (name === "identity") return openIdentity(stage, pace);
  if (name === "payments") return openPayments(stage, pace);
  if (name === "endurance") return openEnduranceBench(stage, pace);
  return name === "webhooks" ? openWebhooks(stage, pace) : openGateway(stage, pace);
}

async function openLedger({ modulesUrl }: Stage, { seconds }: Pace): Promise<Scenario> {
  const db = createDb({ url: modulesUrl, max: CONNECTIONS });
  return {
    async round() {
      const result = await benchHolds({ db, seconds, concurrency: PAIR_CONCURRENCY });
      if (!result.sound) throw new Error("the books of the bench account do not balance");
      return {
        pairs_batched_per_second: result.pairsPerSecond,
        pairs_single_per_second: result.singlePairsPerSecond,
        pairs_p50_ms: result.p50Ms,
        pairs_p99_ms: result.p99Ms,
      };
    },
    close: () => db.close(),
  };
}

async function openWebhooks(stage: Stage, pace: Pace): Promise<Scenario> {
  const bench = await openWebhooksBench(stage, pace.events, pace.warmUpSeconds);
  return { round: () => bench.round(pace.seconds), close: () => bench.close() };
}

async function openGateway(stage: Stage, pace: Pace): Promise<Scenario> {
  const { all, apiKey, upstream, postgresCpuMs } = stage;
  const used = () => ({ server: all.cpuMs(), postgres: postgresCpuMs() });
  // Long prompts go to a company of their own, which may take its time to read them.
  const other = await stage.startOtherUpstream();
  const two = await stage.startServer({ REQUESTY_API_KEY: other.key, REQUESTY_BASE_URL: other.baseUrl });
  two.pause();
  all.resume();
  const bench = await openGatewayBench(
    { ours: { url: all.url, key: apiKey, used }, upstream },
    pace.warmUpSeconds,
  );
  all.pause();
  return {
    async round() {
      all.resume();
      const figures = await bench.round(pace.seconds);
      all.pause();
      two.resume();
      const beside = await benchBeside({ url: two.url, key: apiKey, seconds: pace.seconds });
      two.pause();
      return { ...figures, ...beside };
    },
    close: () => bench.close(),
  };
}

async function openJobs({ ownerUrl }: Stage, { events, backlog }: Pace): Promise<Scenario> {
  return {
    async round() {
      const result = await benchJobs({ ownerUrl, burst: events, backlog, probes: JOB_PROBES });
      return {
        jobs_fresh_per_second: result.freshPerSecond,
        jobs_after_idle_per_second: result.afterIdlePerSecond,
        job_delay_p95_ms: result.delayP95Ms,
      };
    },
    close: async () => undefined,
  };
}

async function openIdentity(stage: Stage, { seconds }: Pace): Promise<Scenario> {
  const bench = await openIdentityBench(stage);
  return { round: () => bench.round(seconds), close: () => bench.close() };
}

async function openPayments(stage: Stage, { seconds, stored, warmUpSeconds }: Pace): Promise<Scenario> {
  const bench = await openPaymentsBench(stage, stored, warmUpSeconds);
  return { round: () => bench.round(seconds), close: () => bench.close() };
}

/** One figure of a round over another; NaN when one was not measured. */
const over = (above: string, below: string) => (round: Round) =>
  (round[above] ?? Number.NaN) / (round[below] ?? Number.NaN);
const less = (from: string, taken: string) => (round: Round) =>
  (round[from] ?? Number.NaN) - (round[taken] ?? Number.NaN);
const figure = (name: string) => (round: Round) => round[name] ?? Number.NaN;

export const JUDGEMENTS: Readonly<Record<ScenarioName, readonly Judgement[]>> = {
  identity: [
    ...(["key", "token", "cookie"] as const).map((name): Judgement => ({
      name: `warm ${name} checks / better-auth's getSession`,
      of: over(`${name}_checks_per_second`, "better_auth_per_second"),
      least: 10,
      unit: "x",
    })),
    {
      name: "registering a taken address / a free one, off by",
      of: (round) => Math.abs(over("register_taken_ms", "register_free_ms")(round) - 1),
      most: 0.05,
      unit: "",
    },
    { name: "queries of warm checks", of: figure("warm_queries"), most: 0, unit: "" },
    { name: "1,000 readers, p95", of: figure("reads_p95_ms"), most: 200, unit: "ms" },
    { name: "1,000 readers, reads that failed", of: figure("reads_failed"), most: 0, unit: "" },
    { name: "1,000 readers, share of hits with Redis", of: figure("cache_hits"), least: 0.85, unit: "" },
    { name: "1,000 readers, share of queries cut", of: figure("queries_cut"), least: 0.8, unit: "" },
    {
      name: "reads' p95 beside 200 sign-ins / alone",
      of: over("reads_beside_sign_ins_p95_ms", "reads_p95_ms"),
      most: 2,
      unit: "x",
    },
  ],
  endurance: [
    {
      name: "memory after all calls / after a fifth",
      of: over("memory_after_mb", "memory_settled_mb"),
      most: 1.1,
      unit: "x",
    },
    {
      name: "call p50 with many attempts stored / with few",
      of: over("call_many_attempts_p50_ms", "call_few_attempts_p50_ms"),
      most: 1.1,
      unit: "x",
    },
    { name: "enduring calls that failed", of: figure("endurance_failed"), most: 0, unit: "" },
  ],
  ledger: [
    {
      name: "hold+settle pairs, batched / one tx per call",
      of: over("pairs_batched_per_second", "pairs_single_per_second"),
      least: 3,
      unit: "x",
    },
    {
      name: "hold+settle pairs / two bare transactions",
      of: (round) => 2 * over("pairs_batched_per_second", "machine_per_second")(round),
      least: 0.3,
      unit: "x",
    },
  ],
  webhooks: [
    {
      name: "durable acks, c=16 / bare server's",
      of: over("acks_per_second", "bare_acks_per_second"),
      least: 0.5,
      unit: "x",
    },
    {
      name: "durable acks, c=16 / machine's transactions",
      of: over("acks_per_second", "machine_per_second"),
      least: 1,
      unit: "x",
    },
    { name: "ack p99, c=16", of: figure("acks_p99_ms"), most: 25, unit: "ms" },
    { name: "events refused", of: figure("acks_refused"), most: 0, unit: "" },
    {
      name: "events -> ledger / machine's transactions",
      of: over("applied_per_second", "machine_per_second"),
      least: 0.3,
      unit: "x",
    },
  ],
  payments: [
    {
      name: "customer events acked, c=16 / sync engine",
      of: over("customer_acks_per_second", "engine_acks_per_second"),
      least: 1.5,
      unit: "x",
    },
    {
      name: "their p99 / sync engine's",
      of: over("customer_acks_p99_ms", "engine_acks_p99_ms"),
      most: 1,
      unit: "x",
    },
    { name: "ack p99 at 1,000 a second", of: figure("paced_acks_p99_ms"), most: 25, unit: "ms" },
    {
      name: "acks with many events stored / with few",
      of: over("acks_with_many_per_second", "customer_acks_per_second"),
      least: 0.8,
      unit: "x",
    },
    { name: "inbox list with many stored, p95", of: figure("inbox_list_p95_ms"), most: 15, unit: "ms" },
    { name: "10,000 invoices, list's p95", of: figure("invoices_p95_ms"), most: 15, unit: "ms" },
    { name: "a customer's other reads, p95", of: figure("billing_reads_p95_ms"), most: 200, unit: "ms" },
    { name: "customer events refused", of: figure("payments_refused"), most: 0, unit: "" },
  ],
  jobs: [
    {
      name: "job burst after idle and VACUUM ANALYZE / fresh",
      of: over("jobs_after_idle_per_second", "jobs_fresh_per_second"),
      least: 0.7,
      unit: "x",
    },
    { name: "wait behind another's backlog, p95", of: figure("job_delay_p95_ms"), most: 5_000, unit: "ms" },
  ],
  gateway: [
    ...(["json", "sse"] as const).flatMap((mode): Judgement[] => [
      {
        name: `${mode} c=64, ours / Portkey`,
        of: over(`ours_${mode}_c64_per_second`, `portkey_${mode}_c64_per_second`),
        least: mode === "json" ? 3 : 5,
        unit: "x",
      },
      {
        name: `${mode} c=64, ours / bare passthrough`,
        of: over(`ours_${mode}_c64_per_second`, `passthrough_${mode}_c64_per_second`),
        unit: "x",
      },
    ]),
    {
      name: "json c=1, added p50",
      of: less("ours_json_c1_p50_ms", "upstream_json_c1_p50_ms"),
      most: 1.5,
      unit: "ms",
    },
    {
      name: "sse c=1, added p50 to first content",
      of: less("ours_sse_c1_first_p50_ms", "upstream_sse_c1_first_p50_ms"),
      most: 1.5,
      unit: "ms",
    },
    { name: "beside 8 MiB prompts, p99", of: figure("ours_beside_8mib_p99_ms"), most: 100, unit: "ms" },
    {
      name: "beside 8 MiB prompts, calls that failed",
      of: figure("ours_beside_8mib_failed"),
      most: 0,
      unit: "",
    },
    {
      name: "model calls that failed",
      of: (round) =>
        ["json_c1", "json_c64", "sse_c1", "sse_c64"].reduce(
          (sum, row) => sum + (round[`ours_${row}_failed`] ?? Number.NaN),
          0,
        ),
      most: 0,
      unit: "",
    },
  ],
};

/**
 * What grows: the server's memory over many model calls, and the time of a call beside many attempts stored. Two servers, each
 * on a database of its own, of which one has a past.
 */
import pg from "pg";
import { load } from "../gateway/processes.ts";
import type { Round } from "../judge.ts";
import type { Stage } from "../stage.ts";

export type Endurance = { calls: number; attempts: number; seconds: number };

/** Memory is compared after so much of the calls with that after all of them: caches and code have their size by then. */
const SETTLED_AFTER = 0.2;
const CONCURRENCY = 64;
const PART_SECONDS = 20;
/** Of either server, one after the other, so that a slow moment of the machine meets both. */
const TURNS = 5;
const BODY = JSON.stringify({
  model: "sandbox/echo",
  messages: [{ role: "user", content: "The quick brown fox jumps over the lazy dog." }],
  max_tokens: 64,
});
const SPAN = "interval '12 months'";

export async function openEnduranceBench(stage: Stage, { calls, attempts, seconds }: Endurance) {
  const fresh = await startGateway(stage, "attempts_few");
  const full = await startGateway(stage, "attempts_many");
  await fillAttempts(full.ownerUrl, attempts);
  return {
    async round(): Promise<Round> {
      const [few, many]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < TURNS; turn += 1) {
        few.push(...(await fresh.ask(1, seconds)).latenciesMs);
        many.push(...(await full.ask(1, seconds)).latenciesMs);
      }
      const grown = await outlast(fresh, calls, seconds);
      return {
        call_few_attempts_p50_ms: median(few),
        call_many_attempts_p50_ms: median(many),
        ...grown,
      };
    },
    close: async () => {
      fresh.server.resume();
      full.server.resume();
    },
  };
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function startGateway(stage: Stage, name: string) {
  const { ownerUrl, appUrl } = await stage.createDatabase(name);
  const server = await stage.startServer({ DATABASE_URL: appUrl, ROLE: "all" });
  const headers = { authorization: `Bearer ${await stage.makeCaller(server.url, ownerUrl)}` };
  server.pause();
  const ask = async (concurrency: number, seconds: number) => {
    server.resume();
    const url = `${server.url}/v1/chat/completions`;
    const result = await load({ url, headers, body: BODY, concurrency, seconds });
    server.pause();
    return result;
  };
  await ask(CONCURRENCY, 1);
  return { server, ownerUrl, ask };
}

/** Memory in MB after a fifth of the calls, and after all. */
async function outlast(
  { server, ask }: Awaited<ReturnType<typeof startGateway>>,
  calls: number,
  seconds: number,
): Promise<Round> {
  let [made, failed, settledMb] = [0, 0, Number.NaN];
  while (made < calls) {
    const part = await ask(CONCURRENCY, Math.max(seconds, calls < 100_000 ? 1 : PART_SECONDS));
    made += part.requests;
    failed += part.failed;
    if (Number.isNaN(settledMb) && made >= calls * SETTLED_AFTER) settledMb = server.rssMb();
  }
  return {
    endurance_calls: made,
    endurance_failed: failed,
    memory_settled_mb: settledMb,
    memory_after_mb: server.rssMb(),
  };
}

/** Settled calls of a year with an attempt each, of the organization that is measured and of a hundred others. */
async function fillAttempts(ownerUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(
      "select gateway.make_attempt_months((now() - make_interval(months => back))::date) from generate_series(0, 12, 4) as back",
    );
    const id = (prefix: string) => `'${prefix}_' || lpad(to_hex(g), 32, '0')`;
    await client.query(
      `insert into gateway.attempts (org_id, id, request_id, provider, model_served, price_version, input_tokens,
         cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, provider_cost_usd, basis, outcome,
         created_at, cost_micros)
       select case when g % 2 = 0 then r.org_id else 'org_' || lpad(to_hex(g % 100), 32, '0') end, ${id("att")}, ${id("req")},
         r.provider, r.model_served, r.price_version, 20, 0, 0, 30, 0, r.cost_usd, r.provider_cost_usd, 'reported', 'ok',
         now() - ${SPAN} * (1 - g::float8 / $1::int), r.cost_micros
       from generate_series(1, $1::int) as g, lateral (select * from gateway.attempts limit 1) as r`,
      [count],
    );
    await client.query("vacuum analyze gateway.attempts");
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}

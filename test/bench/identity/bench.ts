/**
 * Identity: warm checks of credentials beside better-auth's, a thousand signed-in people who each read a list every two
 * seconds from a process with Redis, and two hundred who sign in while they read.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { hashToken, newToken } from "../../../server/platform/crypto/index.ts";
import { createClient } from "../../harness/client.ts";
import { OWNER } from "../../harness/people.ts";
import { redisInstalled, startRedis } from "../../harness/redis.ts";
import { median, type Round } from "../judge.ts";
import type { Stage } from "../stage.ts";
import type { ChecksOptions, ChecksResult } from "./checks.ts";
import type { ReadersOptions, ReadersResult } from "./readers.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const BASELINE = here("../baselines/node_modules/better-auth");
const PEOPLE = 1_000;
const ORGS = 100;
const SIGN_INS = 200;
/** Of each sort, for every second of a round. */
const REGISTRATIONS_PER_SECOND = 10;
/** Readings last longer than checks: each person reads once in two seconds. */
const READING_FACTOR = 3;
/** A server that stood still notices it in so long, and forgets everybody. */
const NOTICED_AFTER_MS = 4_000;
/** Everybody reads once. */
const WARM_UP_SECONDS = 2.2;
/** After which PostgreSQL has counted what was committed before: a connection that falls idle may keep its figures for ten seconds. */
const COUNTED_AFTER_MS = 11_000;

const run = promisify(execFile);
const child = async (script: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [here(script), ...args], { maxBuffer: 2 ** 26 })).stdout.trim();

export async function openIdentityBench(stage: Stage) {
  const redis = redisInstalled ? await startRedis() : null;
  const owner = new pg.Pool({ connectionString: stage.ownerUrl, max: 2 });
  const server = await stage.startServer({
    ROLE: "api",
    AUTH_LIMITS: "off",
    REGISTRATION: "open",
    ...(redis ? { REDIS_URL: redis.url } : {}),
  });
  const cookies = await makePeople(owner);
  const headers = await credentials(server.url, stage.apiKey, cookies);
  server.pause();
  return {
    async round(seconds: number): Promise<Round> {
      const checks = await checkCredentials({ env: server.env, seconds: seconds / 2, headers });
      const baseline = await baselinePerSecond(stage.ownerUrl, seconds / 2);
      server.resume();
      const reading = {
        url: server.url,
        path: "/api/team/members",
        cookies,
        seconds: seconds * READING_FACTOR,
      };
      await delay(NOTICED_AFTER_MS);
      await readers({ ...reading, seconds: WARM_UP_SECONDS });
      const before = { ...(await cacheCounts(server.url)), transactions: await transactions(owner) };
      const reads = await readers(reading);
      const after = { ...(await cacheCounts(server.url)), transactions: await transactions(owner) };
      const [busy, signIns] = await Promise.all([readers(reading), signInAtOnce(server.url)]);
      const registering = await registerInTurns(server.url, Math.ceil(seconds * REGISTRATIONS_PER_SECOND));
      server.pause();
      const asked = after.asked - before.asked;
      return {
        key_checks_per_second: checks.perSecond.key,
        token_checks_per_second: checks.perSecond.token,
        cookie_checks_per_second: checks.perSecond.cookie,
        better_auth_per_second: baseline,
        register_taken_ms: median(registering.taken),
        register_free_ms: median(registering.free),
        warm_queries: checks.queries,
        reads: reads.reads,
        reads_failed: reads.failed + busy.failed,
        reads_p50_ms: reads.p50Ms,
        reads_p95_ms: reads.p95Ms,
        // Without Redis there is nothing to say of it.
        cache_hits: redis ? 1 - (after.loads - before.loads) / asked : Number.NaN,
        // Each read would be one transaction; all of the process's own are counted, beats included.
        queries_cut: redis ? 1 - (after.transactions - before.transactions) / reads.reads : Number.NaN,
        reads_beside_sign_ins_p95_ms: busy.p95Ms,
        sign_ins: signIns.done,
        sign_ins_overloaded: signIns.overloaded,
      };
    },
    async close() {
      server.resume();
      await owner.end();
      await redis?.kill();
    },
  };
}

/** People of a hundred organizations, each with the operator's password and an open session. Returns their cookies. */
async function makePeople(owner: pg.Pool): Promise<string[]> {
  const secrets = Array.from({ length: PEOPLE }, () => newToken());
  const id = (prefix: string) => `'${prefix}_' || lpad(to_hex(n), 32, '0')`;
  const org = `'org_' || lpad(to_hex(n % ${ORGS} + 1), 32, '0')`;
  await owner.query(
    `insert into tenancy.organizations (org_id, name, personal, created_at)
     select ${id("org")}, 'Bench ' || n, false, now() from generate_series(1, ${ORGS}) n`,
  );
  await owner.query(
    `insert into identity.users (id, email, full_name, password_hash, created_at)
     select ${id("usr")}, 'bench' || n || '@example.com', 'Person ' || n, u.password_hash, now()
     from generate_series(1, ${PEOPLE}) n, identity.users u where u.is_operator`,
  );
  await owner.query(
    `with listed as (insert into tenancy.member_directory (user_id, org_id)
       select ${id("usr")}, ${org} from generate_series(1, ${PEOPLE}) n)
     insert into tenancy.memberships (org_id, user_id, role, created_at)
     select ${org}, ${id("usr")}, 'agent', now() from generate_series(1, ${PEOPLE}) n`,
  );
  await owner.query(
    `insert into identity.sessions (id, user_id, org_id, token_hash, csrf_token, device, ip_masked, created_at,
       last_seen_at, expires_at, proven_at)
     select ${id("ses")}, ${id("usr")}, ${org}, hash, 'none', 'bench', '127.0.x.x', now(), now(),
       now() + interval '12 hours', now()
     from unnest($1::bytea[]) with ordinality t (hash, n)`,
    [secrets.map((secret) => hashToken(secret))],
  );
  return secrets.map((secret) => `hf_session=${secret}`);
}

async function credentials(
  url: string,
  apiKey: string,
  cookies: string[],
): Promise<ChecksOptions["headers"]> {
  const body = { ...OWNER, mode: "token" };
  const { body: tokens, text } = await createClient(url).call("POST", "/api/auth/login", { body });
  if (typeof tokens.access_token !== "string") throw new Error(`no access token: ${text}`);
  return {
    key: { authorization: `Bearer ${apiKey}` },
    token: { authorization: `Bearer ${tokens.access_token}` },
    cookie: { cookie: cookies[0] ?? "" },
  };
}

const checkCredentials = async (options: ChecksOptions) =>
  JSON.parse(await child("checks.ts", JSON.stringify(options))) as ChecksResult;
const readers = async (options: ReadersOptions) =>
  JSON.parse(await child("readers.ts", JSON.stringify(options))) as ReadersResult;

async function baselinePerSecond(ownerUrl: string, seconds: number): Promise<number> {
  if (!existsSync(BASELINE)) return Number.NaN;
  const url = new URL(ownerUrl);
  url.pathname = "/modules";
  return Number(await child("better-auth.ts", url.href, String(seconds)));
}

/** Of the members' lists, as the server itself counts. */
async function cacheCounts(url: string): Promise<{ asked: number; loads: number }> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const sum = (layer: string) =>
    [...metrics.matchAll(/^holdfast_cache_requests_total\{(.*)\} (\d+)$/gm)]
      .filter(([, labels]) => labels?.includes(`layer="${layer}"`) && labels.includes('resource="members"'))
      .reduce((total, [, , count]) => total + Number(count), 0);
  return { asked: sum("l1"), loads: sum("load") };
}

async function transactions(owner: pg.Pool): Promise<number> {
  await delay(COUNTED_AFTER_MS);
  const { rows } = await owner.query<{ count: string }>(
    "select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()",
  );
  return Number(rows[0]?.count);
}

/** Each another person; beyond what may wait, the server says that it is overloaded. */
async function signInAtOnce(url: string): Promise<{ done: number; overloaded: number }> {
  const client = createClient(url);
  const statuses = await Promise.all(
    Array.from({ length: SIGN_INS }, async (_, at) => {
      const body = { email: `bench${at + 1}@example.com`, password: OWNER.password };
      return (await client.call("POST", "/api/auth/login", { body })).status;
    }),
  );
  return {
    done: statuses.filter((status) => status === 200).length,
    overloaded: statuses.filter((status) => status === 503).length,
  };
}

/** Milliseconds of registrations, one at a time: of an address that is taken, of one that is free, and so on. */
async function registerInTurns(url: string, pairs: number): Promise<{ taken: number[]; free: number[] }> {
  const client = createClient(url);
  const register = async (email: string): Promise<number> => {
    const body = { email, password: "Correct Horse 77", full_name: "Bench" };
    const startedAt = performance.now();
    const { status, text } = await client.call("POST", "/api/auth/register", { body });
    if (status !== 202) throw new Error(`not registered: ${text}`);
    return performance.now() - startedAt;
  };
  const [taken, free]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    taken.push(await register(`bench${(pair % PEOPLE) + 1}@example.com`));
    free.push(await register(`${newToken(12).toLowerCase()}@example.com`));
  }
  return { taken, free };
}

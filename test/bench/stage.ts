/** The parts that the bench measures, each a process of its own: a durable database, the sandbox, two servers. */
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { migrate } from "../../db/migrate.ts";
import { waitForAnswer } from "../../local/child.ts";
import { choosePort } from "../../local/ports.ts";
import { startPostgres } from "../../local/postgres.ts";
import { root } from "../../local/project.ts";
import { grant } from "../../server/kernel/ledger/index.ts";
import { createDb, withTx } from "../../server/platform/db/index.ts";
import type { OrgId } from "../../server/platform/ids.ts";
import { browserClient, createClient, type Json } from "../harness/client.ts";
import { OWNER, PEPPER, SETUP_TOKEN } from "../harness/people.ts";
import { firstLine, stopChild } from "./child.ts";
import { cpuMs, rssMb } from "./cpu.ts";

export type Server = {
  url: string;
  /** What it was started with. */
  env: Record<string, string>;
  /** Takes it off the cores while something else is measured. */
  pause(): void;
  resume(): void;
  /** CPU time used so far. */
  cpuMs(): number;
  /** Memory it has now. */
  rssMb(): number;
};

export type Upstream = { baseUrl: string; key: string };

export type Stage = {
  ownerUrl: string;
  /** As the servers' role, to a database that no server uses. */
  modulesUrl: string;
  /** Role `api`: takes events and leaves them to the workers. */
  api: Server;
  /** Role `all`. */
  all: Server;
  apiKey: string;
  webhookSecret: string;
  /** One more database of this name, migrated. */
  createDatabase(name: string): Promise<{ ownerUrl: string; appUrl: string }>;
  /** One more server, on the same database unless told; it ends with the stage. */
  startServer(env: Record<string, string>): Promise<Server>;
  /** The first owner of a server on this database, with credits; returns a key without a rate limit. */
  makeCaller(url: string, ownerUrl: string): Promise<string>;
  upstream: Upstream;
  /** One more sandbox, in a process of its own, as a second company of models. */
  startOtherUpstream(): Promise<Upstream>;
  postgresSettings: Record<string, string>;
  postgresCpuMs(): number;
  /** Empties the inbox, so that what one round stored does not burden the next. */
  emptyInbox(): Promise<void>;
  close(): Promise<void>;
};

const APP_PASSWORD = "bench";
const READY_TIMEOUT_MS = 30_000;
/** 10 million credits: no round spends them. */
const GIFT_MICROS = 10n ** 13n;

export async function openStage(): Promise<Stage> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-bench-"));
  chmodSync(dataDir, 0o711);
  const stops: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  const close = async () => {
    for (const stop of stops.toReversed()) await stop();
  };
  try {
    return { ...(await open(dataDir, stops)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(dataDir: string, stops: (() => Promise<unknown>)[]): Promise<Omit<Stage, "close">> {
  const postgres = await startPostgres({ dataDir });
  stops.push(() => postgres.stop());
  const { ownerUrl } = postgres;
  const admin = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  stops.push(() => admin.end());
  await migrate({ ownerUrl, appPassword: APP_PASSWORD });
  const createDatabase: Stage["createDatabase"] = async (name) => {
    await admin.query(`create database ${name}`);
    const url = named(ownerUrl, name);
    await migrate({ ownerUrl: url, appPassword: APP_PASSWORD });
    return { ownerUrl: url, appUrl: asApp(url) };
  };
  const modules = await createDatabase("modules");

  const sandbox = await startSandbox(stops);
  const env = {
    DATABASE_URL: asApp(ownerUrl),
    STRIPE_SECRET_KEY: sandbox.stripe["api_key"] ?? "",
    STRIPE_WEBHOOK_SECRET: sandbox.stripe["webhook_secret"] ?? "",
    STRIPE_BASE_URL: sandbox.stripe["base_url"] ?? "",
    OPENROUTER_API_KEY: sandbox.openrouter["api_key"] ?? "",
    OPENROUTER_BASE_URL: sandbox.openrouter["base_url"] ?? "",
    RESEND_API_KEY: sandbox.resend["api_key"] ?? "",
    RESEND_WEBHOOK_SECRET: sandbox.resend["webhook_secret"] ?? "",
    RESEND_BASE_URL: sandbox.resend["base_url"] ?? "",
    MAIL_FROM: sandbox.resend["from"] ?? "",
    PLANS_FILE: path.join(root, "test", "harness", "plans.json"),
  };
  const all = await startServer({ ...env, ROLE: "all" }, stops);
  const api = await startServer({ ...env, ROLE: "api" }, stops);
  const settings = await admin.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings
     where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers',
       'max_connections', 'max_wal_size', 'checkpoint_timeout', 'jit') order by name`,
  );
  return {
    ownerUrl,
    modulesUrl: modules.appUrl,
    createDatabase,
    api,
    all,
    apiKey: await makeCaller(all.url, ownerUrl),
    webhookSecret: env.STRIPE_WEBHOOK_SECRET,
    makeCaller,
    startServer: (change) => startServer({ ...env, ...change }, stops),
    upstream: { baseUrl: env.OPENROUTER_BASE_URL, key: env.OPENROUTER_API_KEY },
    async startOtherUpstream() {
      const { requesty } = await startSandbox(stops);
      return { baseUrl: requesty["base_url"] ?? "", key: requesty["api_key"] ?? "" };
    },
    postgresSettings: Object.fromEntries(settings.rows.map(({ name, setting }) => [name, setting])),
    postgresCpuMs: () => cpuMs(postgres.pid),
    emptyInbox: async () => {
      await admin.query("truncate webhooks.events, webhooks.payloads, webhooks.attempts");
    },
  };
}

function start(script: string, env: Record<string, string>, stdout: "ignore" | "pipe"): ChildProcess {
  return spawn(process.execPath, [...profiling(script), path.join(root, script)], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      ...env,
    },
    stdio: ["ignore", stdout, "inherit"],
  });
}

/** CPU_PROFILE names a folder for the servers' profiles: where the time goes. */
function profiling(script: string): string[] {
  const folder = process.env["CPU_PROFILE"];
  return folder && script.startsWith("server") ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
}

/** It answers calls of models at once. */
async function startSandbox(stops: (() => Promise<unknown>)[]) {
  const child = start("sandbox/main.ts", { PORT: String(await choosePort()), DATA_DIR: ":memory:" }, "pipe");
  stops.push(() => stopChild(child));
  const { url } = JSON.parse(await firstLine(child)) as { url: string };
  const client = createClient(url);
  const world = await client.call<
    Record<"stripe" | "openrouter" | "requesty" | "resend", Record<string, string>>
  >("POST", "/_sandbox/worlds", {
    body: { name: "default", recording: false, webhook_base: "http://127.0.0.1:9/webhooks" },
  });
  for (const company of ["openrouter", "requesty"])
    await client.call("PATCH", `/_sandbox/${company}/settings`, {
      body: { first_token_ms: 0, tokens_per_second: 0 },
    });
  return world.body;
}

/** As in production: it logs every request, here to nowhere. */
async function startServer(env: Record<string, string>, stops: (() => Promise<unknown>)[]): Promise<Server> {
  const port = await choosePort();
  const url = `http://127.0.0.1:${port}`;
  const all = {
    NODE_ENV: "development",
    PORT: String(port),
    BASE_URL: url,
    CONSOLE_DIR: "",
    SETUP_TOKEN,
    API_KEY_PEPPER: PEPPER,
    KMS_LOCAL_KEYRING: PEPPER,
    OPERATOR_MFA: "optional",
    MAIL_TOKEN_SECRET: PEPPER,
    ...env,
  };
  const child = start("server/main.ts", all, "ignore");
  stops.push(() => stopChild(child));
  if (!(await waitForAnswer(`${url}/ready`, READY_TIMEOUT_MS))) throw new Error("the server is not ready");
  return {
    url,
    env: all,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    cpuMs: () => cpuMs(child.pid as number),
    rssMb: () => rssMb(child.pid as number),
  };
}

/** An organization with credits and a key without a rate limit. */
async function makeCaller(url: string, ownerUrl: string): Promise<string> {
  const anonymous = createClient(url);
  const setUp = { ...OWNER, token: SETUP_TOKEN, full_name: "Ben Bench" };
  await anonymous.call("POST", "/api/admin/setup", { body: setUp });
  const owner = browserClient(url, await anonymous.call("POST", "/api/auth/login", { body: OWNER }));
  const wanted = { name: "Bench", mode: "test", scopes: ["gateway.use"], limits: { rpm: 0 } };
  const key = await owner.call("POST", "/api/api-keys", { body: wanted });
  const me = await owner.call("GET", "/api/auth/me");
  const org = String((me.body.organization as Json).id) as OrgId;
  const db = createDb({ url: asApp(ownerUrl), max: 1 });
  const gift = {
    mode: "test",
    unit: "credit",
    kind: "gift",
    amount: GIFT_MICROS,
    reference: "bench",
  } as const;
  await withTx(db, org, (tx) => grant(tx, org, [gift], new Date()));
  await db.close();
  return String(key.body.secret);
}

function asApp(ownerUrl: string): string {
  const url = new URL(ownerUrl);
  url.username = "holdfast_app";
  url.password = APP_PASSWORD;
  return url.href;
}

function named(ownerUrl: string, database: string): string {
  const url = new URL(ownerUrl);
  url.pathname = `/${database}`;
  return url.href;
}

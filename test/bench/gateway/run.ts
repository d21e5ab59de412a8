/**
 * The gateway's bench by itself: `node test/bench/gateway/run.ts [seconds] [targets]`. Database (durable), sandbox and server are
 * processes of their own, as in production.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "../../../db/migrate.ts";
import { choosePort } from "../../../local/ports.ts";
import { startPostgres } from "../../../local/postgres.ts";
import { grant } from "../../../server/kernel/ledger/index.ts";
import { createDb, withTx } from "../../../server/platform/db/index.ts";
import type { OrgId } from "../../../server/platform/ids.ts";
import { browserClient, createClient } from "../../harness/client.ts";
import { OWNER, PEPPER, SETUP_TOKEN } from "../../harness/people.ts";
import { benchGateway, type GatewayTarget } from "./bench.ts";
import { firstLine } from "./processes.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const [seconds = "5", targets = "upstream,passthrough,portkey,ours"] = process.argv.slice(2);
const dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-bench-"));
chmodSync(dataDir, 0o711);
const stops: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true })];

function start(script: string, env: Record<string, string>) {
  const profile =
    script.startsWith("server") && process.env["CPU_PROFILE"]
      ? ["--cpu-prof", `--cpu-prof-dir=${process.env["CPU_PROFILE"]}`]
      : [];
  const child = spawn(process.execPath, [...profile, script], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  stops.push(async () => {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  });
  return child;
}

const postgres = await startPostgres({ dataDir });
stops.push(() => postgres.stop());
await migrate({ ownerUrl: postgres.ownerUrl, appPassword: "bench" });
const databaseUrl = new URL(postgres.ownerUrl);
databaseUrl.username = "holdfast_app";
databaseUrl.password = "bench";

const sandboxProcess = start("sandbox/main.ts", { PORT: String(await choosePort()), DATA_DIR: ":memory:" });
const sandboxUrl = (JSON.parse(await firstLine(sandboxProcess)) as { url: string }).url;
const sandbox = createClient(sandboxUrl);
const world = await sandbox.call<{ stripe: Record<string, string>; openrouter: Record<string, string> }>(
  "POST",
  "/_sandbox/worlds",
  { body: { name: "default", recording: false, webhook_base: "http://127.0.0.1:9/webhooks" } },
);
await sandbox.call("PATCH", "/_sandbox/openrouter/settings", {
  body: { first_token_ms: 0, tokens_per_second: 0 },
});
const { stripe, openrouter } = world.body;

const port = await choosePort();
const url = `http://127.0.0.1:${port}`;
const server = start("server/main.ts", {
  NODE_ENV: "development",
  PORT: String(port),
  BASE_URL: url,
  CONSOLE_DIR: "",
  LOG_LEVEL: process.env["LOG_LEVEL"] ?? "info",
  DATABASE_URL: databaseUrl.href,
  SETUP_TOKEN,
  API_KEY_PEPPER: PEPPER,
  STRIPE_SECRET_KEY: stripe["api_key"] ?? "",
  STRIPE_WEBHOOK_SECRET: stripe["webhook_secret"] ?? "whsec_bench",
  STRIPE_BASE_URL: stripe["base_url"] ?? "",
  OPENROUTER_API_KEY: openrouter["api_key"] ?? "",
  OPENROUTER_BASE_URL: openrouter["base_url"] ?? "",
});
await firstLine(server);
server.stdout?.resume();

const anonymous = createClient(url);
await anonymous.call("POST", "/api/admin/setup", {
  body: { ...OWNER, token: SETUP_TOKEN, full_name: "Bench" },
});
const owner = browserClient(url, await anonymous.call("POST", "/api/auth/login", { body: OWNER }));
const made = await owner.call<{ secret: string }>("POST", "/api/api-keys", {
  body: { name: "Bench", mode: "test", scopes: ["gateway.use"], rate_limit_per_min: 0 },
});
const db = createDb({ url: databaseUrl.href, max: 1 });
const { rows } = await (async () => {
  const admin = createDb({ url: postgres.ownerUrl, max: 1 });
  const found = await admin.pool.query<{ org_id: OrgId }>("select org_id from tenancy.organizations limit 1");
  await admin.close();
  return found;
})();
const org = rows[0]?.org_id as OrgId;
await withTx(db, org, async (tx) => {
  const gift = {
    mode: "test",
    unit: "credit",
    kind: "gift",
    amount: 10n ** 15n,
    reference: "bench",
  } as const;
  await grant(tx, org, [gift], new Date());
});
await db.close();

const result = await benchGateway({
  ours: { url, key: made.body.secret },
  upstream: { baseUrl: openrouter["base_url"] ?? "", key: openrouter["api_key"] ?? "" },
  seconds: Number(seconds),
  targets: targets.split(",") as GatewayTarget[],
});
for (const row of result.rows) {
  const figures = [row.perSecond, row.p50Ms, row.p99Ms, row.firstP50Ms].map((value) =>
    value.toFixed(2).padStart(9),
  );
  process.stdout.write(
    `${row.target.padEnd(12)} ${row.mode.padEnd(4)} c=${String(row.concurrency).padEnd(3)} ${figures.join(" ")} ${row.failed}\n`,
  );
}
const { rows: _rows, ...ratios } = result;
process.stdout.write(`${JSON.stringify(ratios)}\n`);
for (const stop of stops.toReversed()) await stop();

/**
 * The inbox of payments: acknowledgements beside `@supabase/stripe-sync-engine` that upserts the same customers, at a set
 * rate, with few and with many events stored; the inbox list with many; a customer's reads beside ten thousand invoices.
 * Each database has its own server.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { browserClient, createClient, type Client } from "../../harness/client.ts";
import { OWNER, SETUP_TOKEN } from "../../harness/people.ts";
import { startBaseline, type Baseline } from "../child.ts";
import type { Server, Stage } from "../stage.ts";
import { benchAcks } from "../webhooks/acks.ts";
import { fillInbox } from "./fill.ts";
import { benchReads, fillInvoices, p95, READ_OPERATIONS } from "./reads.ts";

export type PaymentsBench = {
  round(seconds: number): Promise<Record<string, number>>;
  close(): Promise<void>;
};

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ENGINE = here("../baselines/node_modules/@supabase/stripe-sync-engine");
const FEW = 10_000;
const CONCURRENCY = 16;
const RATE = 1_000;
const LISTS = ["", "?state=dead", "?type=invoice.paid", "?source=stripe&state=ignored"];
const INVOICES = 10_000;

/** `many` events are stored in the fuller of the two inboxes. */
export async function openPaymentsBench(
  stage: Stage,
  many: number,
  warmUpSeconds: number,
): Promise<PaymentsBench> {
  const few = await startInbox(stage, "inbox_few", FEW);
  const full = await startInbox(stage, "inbox_many", many);
  const { client: operator, orgId } = await signIn(full);
  await fillInvoices(full.ownerUrl, orgId, INVOICES);
  const engine = existsSync(ENGINE) ? await startEngine(stage) : null;
  const acks = (url: string, seconds: number, perSecond?: number) =>
    benchAcks({
      url: `${url}/webhooks/stripe`,
      secret: stage.webhookSecret,
      seconds,
      concurrency: CONCURRENCY,
      kind: "customer",
      ...(perSecond ? { perSecond } : {}),
    });
  /** With the cores to itself. */
  const alone = async <T>(server: Pick<Server, "pause" | "resume">, work: () => Promise<T>): Promise<T> => {
    server.resume();
    const result = await work();
    server.pause();
    return result;
  };
  if (engine) await alone(engine, () => acks(engine.url, warmUpSeconds));
  for (const server of [few, full]) await alone(server, () => acks(server.url, warmUpSeconds));
  return {
    async round(seconds) {
      const theirs = engine ? await alone(engine, () => acks(engine.url, seconds)) : null;
      const ours = await alone(few, () => acks(few.url, seconds));
      const atMany = await alone(full, () => acks(full.url, seconds));
      const paced = await alone(few, () => acks(few.url, seconds, RATE));
      const list = await alone(full, () => slowestList(operator));
      const reads = await alone(full, () => benchReads(operator));
      return {
        ...(theirs ? { engine_acks_per_second: theirs.acksPerSecond, engine_acks_p99_ms: theirs.p99Ms } : {}),
        customer_acks_per_second: ours.acksPerSecond,
        customer_acks_p99_ms: ours.p99Ms,
        acks_with_many_per_second: atMany.acksPerSecond,
        paced_acks_per_second: paced.acksPerSecond,
        paced_acks_p99_ms: paced.p99Ms,
        inbox_list_p95_ms: list,
        invoices_p95_ms: reads.invoicesP95Ms,
        billing_reads_p95_ms: reads.othersP95Ms,
        payments_refused: (theirs?.refused ?? 0) + ours.refused + atMany.refused + paced.refused,
      };
    },
    async close() {
      few.resume();
      full.resume();
      await engine?.stop();
    },
  };
}

async function startInbox(stage: Stage, name: string, count: number): Promise<Server & { ownerUrl: string }> {
  const { ownerUrl, appUrl } = await stage.createDatabase(name);
  const server = await stage.startServer({ DATABASE_URL: appUrl, ROLE: "api" });
  await fillInbox(ownerUrl, count);
  server.pause();
  return { ...server, ownerUrl };
}

/** An operator whose reads are not limited. */
async function signIn(server: Server): Promise<{ client: Client; orgId: string }> {
  server.resume();
  const anonymous = createClient(server.url);
  const setUp = { ...OWNER, token: SETUP_TOKEN, full_name: "Ben Bench" };
  await anonymous.call("POST", "/api/admin/setup", { body: setUp });
  const client = browserClient(server.url, await anonymous.call("POST", "/api/auth/login", { body: OWNER }));
  const me = await client.call<{ user: { id: string }; organization: { id: string } }>("GET", "/api/auth/me");
  const { user, organization } = me.body;
  for (const name of ["listEvents", ...READ_OPERATIONS, "user", "organization"]) {
    const path = `/api/admin/rate-limits/${name === "organization" ? organization.id : user.id}/${name}`;
    const set = await client.call("PUT", path, { body: { limit: 1_000_000, window_s: 60 } });
    if (set.status !== 200) throw new Error(`no other limit: ${set.text}`);
  }
  server.pause();
  return { client, orgId: organization.id };
}

/** p95 of the list that answers slowest, in ms. */
async function slowestList(operator: Client): Promise<number> {
  const each: number[] = [];
  for (const query of LISTS) each.push(await p95(operator, `/api/admin/events${query}`));
  return Math.max(...each);
}

async function startEngine(stage: Stage): Promise<Baseline> {
  const { ownerUrl } = await stage.createDatabase("engine");
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  // Its migrations name this role.
  await owner.query("create role postgres nologin");
  await owner.end();
  return startBaseline(here("sync-engine.ts"), ownerUrl, stage.webhookSecret);
}

/** One company's books beside ours, on a clock that is moved: what the tests of breaks share. */
import { expect } from "vitest";
import { post } from "../../server/kernel/ledger/index.ts";
import { addMs } from "../../server/platform/clock.ts";
import { createDb, withTx } from "../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../server/platform/ids.ts";
import { startTestApp, type TestApp } from "./app.ts";
import type { Client, Json } from "./client.ts";

const HOUR_MS = 3_600_000;
/** PayPal lists what has just happened as of the next second. */
const AHEAD_MS = { stripe: 0, paypal: 1_000 } as const;
const ACCOUNTS = { stripe: "acct_default", paypal: "paypal_default" } as const;

export type Reconciling = Awaited<ReturnType<typeof startReconciling>>;

export async function startReconciling(company: keyof typeof ACCOUNTS, env: Record<string, string> = {}) {
  const accountId = ACCOUNTS[company];
  let offsetMs = 0;
  const clock = { now: () => new Date(Date.now() + offsetMs) };
  const t: TestApp = await startTestApp({ clock, env });
  const db = createDb({ url: t.database.url, max: 2 });
  let operator: Client = t.owner;
  const orgs = async () =>
    (await t.sql<{ org_id: OrgId }>("select org_id from tenancy.organizations order by org_id")).map(
      ({ org_id }) => org_id,
    );
  const [home] = await orgs();
  if (!home) throw new Error("an organization is there from the start");
  return {
    t,
    home,
    operator: () => operator,
    /** Somebody else's organization. */
    async nextDoor(): Promise<OrgId> {
      await t.neighbour();
      const other = (await orgs()).find((org) => org !== home);
      if (!other) throw new Error("the neighbour has an organization");
      return other;
    },
    reference: (object: unknown, what: string) => `${company}:${accountId}:${String(object)}:${what}`,
    /** So that everything is older than what may be late. */
    async advance(hours: number): Promise<void> {
      offsetMs += hours * HOUR_MS;
      operator = await t.signIn();
    },
    /** Waits until all that came is applied. */
    idle: () =>
      expect
        .poll(
          () =>
            t.sql(
              "select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')",
            ),
          { timeout: 15_000 },
        )
        .toEqual([]),
    /** As the database's owner: what no code of ours can do. */
    tamper: (set: string, name: string) =>
      t.sql(
        `update ledger.entries e set ${set} from ledger.transactions x
         where x.org_id = e.org_id and x.id = e.transaction_id and x.reference = $1`,
        [name],
      ),
    /** Ten dollars that came in under this name. */
    cash: (org: OrgId, reference: string) =>
      withTx(db, org, (tx) => {
        const entries = [
          { account: `clearing:${accountId}`, unit: "usd", amount: 1000n },
          { account: "revenue", unit: "usd", amount: -1000n },
        ];
        return post(tx, org, [{ mode: "test", kind: "payment.captured", reference, entries }], clock.now());
      }),
    /** A hold past its deadline that nobody settled. */
    staleHold: (amount: number) =>
      t.sql(
        `insert into ledger.holds (org_id, id, mode, unit, owner, amount, state, deadline_at, created_at)
         values ($1, $2, 'test', 'credit', 'seed', $3, 'expired', $4, $4)`,
        [home, newId("hold"), amount, clock.now()],
      ),
    /** A purchase whose outcome nobody knows. */
    async cutOff(): Promise<void> {
      const owner = await t.member("owner");
      const body = { pack_key: "starter", provider: company };
      const answer = await owner.call("POST", "/api/credits/purchase", { body });
      expect(answer.status, answer.text).toBe(503);
    },
    /** Compares the last 20 hours; the run. */
    async reconcile(account: string = accountId): Promise<Json> {
      const body = {
        account_id: account,
        from: addMs(clock.now(), -20 * HOUR_MS).toISOString(),
        to: addMs(clock.now(), AHEAD_MS[company]).toISOString(),
      };
      const started = await operator.call("POST", "/api/reconciliation/runs", { body });
      expect(started.status, started.text).toBe(202);
      const path = `/api/reconciliation/runs/${String(started.body.id)}`;
      await expect
        .poll(async () => (await operator.call("GET", path)).body.state, { timeout: 30_000, interval: 200 })
        .toBe("completed");
      return (await operator.call("GET", path)).body;
    },
    async breaks(query = ""): Promise<Json[]> {
      const path = `/api/reconciliation/breaks?limit=100${query}`;
      return (await operator.call<{ data: Json[] }>("GET", path)).body.data;
    },
    async close(): Promise<void> {
      await db.close();
      await t.close();
    },
  };
}

import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type HoldId } from "../../../platform/ids.ts";
import { applyBatch, expireHolds, extendHolds, grant } from "../index.ts";
import { soon } from "../../../../test/harness/soon.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const later = (ms: number) => new Date(NOW.getTime() + ms);
const org = newId("org");

let database: TestDatabase;
let db: Db;
let owner: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await withTx(db, org, (tx) =>
    grant(
      tx,
      org,
      [{ mode: "test", unit: "credit", kind: "purchase", amount: 1_000n, reference: "pay_1:credits" }],
      NOW,
    ),
  );
});
afterAll(async () => {
  await db.close();
  await owner.end();
  await database.drop();
});

/** Two holds that lie in the table in the opposite order of their ids. */
async function twoHolds(deadlineAt: Date): Promise<[low: HoldId, high: HoldId]> {
  const [low, high] = [newId("hold"), newId("hold")];
  for (const id of [high, low]) {
    const hold = { id, mode: "test", unit: "credit", owner: "gateway", amount: 1n, deadlineAt } as const;
    await withTx(db, org, (tx) => applyBatch(tx, org, { settle: [], hold: [hold] }, NOW));
  }
  return [low, high];
}

const LOCK = "select id from ledger.holds where org_id = $1 and id = $2 for update nowait";
const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

test.each<[string, (holds: HoldId[]) => Promise<unknown>]>([
  ["extending", (holds) => withTx(db, org, (tx) => extendHolds(tx, org, holds, later(90_000)))],
  ["expiring", () => expireHolds(db, { owner: "gateway", now: later(60_000), limit: 10 })],
])("%s holds locks them in the order of their ids, as settling does", async (_what, act) => {
  const [low, high] = await twoHolds(later(10_000));
  await owner.query("begin");
  await owner.query(LOCK, [org, low]);
  const acting = act([high, low]);
  await soon(async () => expect((await owner.query(WAITING)).rowCount).toBe(1));
  // Waiting for the lower one, it must not hold the higher one: whoever settles both would wait for it in turn.
  expect((await owner.query(LOCK, [org, high])).rowCount).toBe(1);
  await owner.query("rollback");
  expect(await acting).toHaveLength(2);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { createDb, withTx, type Db } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import * as ledger from "../index.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const SOON = new Date("2026-03-01T12:05:00Z");

let database: TestDatabase;
let db: Db;
beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 4 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const balanceOf = async (org: OrgId, unit: string) =>
  (await withTx(db, org, (tx) => ledger.balances(tx, org, "test", NOW))).find((row) => row.unit === unit);
const expectSound = async (org: OrgId) => {
  const report = await withTx(db, org, (tx) => ledger.verify(tx, org));
  expect(report.invariants.filter(({ faultCount }) => faultCount > 0)).toEqual([]);
};
const hold = async (org: OrgId, amount: bigint) => {
  const id = newId("hold");
  const asked = { mode: "test", unit: "eur", id, owner: "gateway", amount, deadlineAt: SOON } as const;
  const { held } = await withTx(db, org, (tx) =>
    ledger.applyBatch(tx, org, { settle: [], hold: [asked] }, NOW),
  );
  return { id, held: held[0]?.held };
};
const settle = (org: OrgId, holdId: ledger.Settlement["holdId"], amount: bigint) =>
  withTx(db, org, (tx) =>
    ledger.applyBatch(
      tx,
      org,
      {
        settle: [{ holdId, amountAtto: amount * ATTO_PER_MICRO, basis: "reported", excess: "available" }],
        hold: [],
      },
      NOW,
    ),
  );

test("a budget in a currency is held, settled and returned like credits", async () => {
  const org = newId("org");
  await withTx(db, org, (tx) =>
    ledger.grant(
      tx,
      org,
      [{ mode: "test", unit: "eur", kind: "gift", amount: 500n, reference: "adj_1" }],
      NOW,
    ),
  );
  const { id, held } = await hold(org, 420n);
  expect(held).toBe(true);
  expect((await hold(org, 81n)).held).toBe(false);
  await settle(org, id, 85n);
  expect(await balanceOf(org, "eur")).toMatchObject({ settled: 415n, held: 0n, available: 415n });
  expect(await balanceOf(org, "credit")).toBeUndefined();
  await expectSound(org);
});

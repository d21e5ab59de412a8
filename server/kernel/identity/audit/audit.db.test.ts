import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import { createDb, type Db, withSystemTx, withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { audit } from "./index.ts";

let database: TestDatabase;
let db: Db;
const now = new Date("2026-03-01T00:00:00Z");
const orgId = newId("org");

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const entries = (org = orgId) =>
  withTx(db, org, (tx) =>
    tx.query<{ action: string; commitments: Record<string, string> }>(
      "test_entries",
      "select action, commitments from identity.audit_entries order by id",
    ),
  );

test("an entry is there if and only if the change is, in a transaction of any kind", async () => {
  await withSystemTx(db, (tx) => audit(tx, now, { orgId, actorId: "system", action: "a.done" }));
  await withTx(db, orgId, (tx) => audit(tx, now, { orgId, actorId: "system", action: "b.done" }));
  const undone = withSystemTx(db, async (tx) => {
    await audit(tx, now, { orgId, actorId: "system", action: "c.done" });
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect((await entries()).map(({ action }) => action)).toEqual(["a.done", "b.done"]);
  expect(await entries(newId("org"))).toEqual([]);
});

test("after writing another tenant's entry a transaction sees its own rows as before", async () => {
  const other = newId("org");
  await withTx(db, orgId, async (tx) => {
    await audit(tx, now, { orgId: other, actorId: "system", action: "d.done" });
    const seen = await tx.query<{ org_id: string }>(
      "test_seen",
      "select distinct org_id from identity.audit_entries",
    );
    expect(seen).toEqual([{ org_id: orgId }]);
  });
});

test("the server's role cannot change or remove an entry", async () => {
  for (const text of ["update identity.audit_entries set action = 'x'", "delete from identity.audit_entries"])
    await expect(withTx(db, orgId, (tx) => tx.query(`test ${text}`, text))).rejects.toMatchObject({
      code: "42501",
    });
});

test("personal text leaves its salted commitment in the entry, and itself in a row that can go", async () => {
  const userId = newId("usr");
  const org = newId("org");
  await withTx(db, org, (tx) =>
    audit(tx, now, {
      orgId: org,
      actorId: userId,
      action: "e.done",
      personal: { userId, fields: { email: "a@example.com" } },
    }),
  );
  const [row] = await withTx(db, org, (tx) =>
    tx.query<{ salt: Buffer; value: string }>(
      "test_personal",
      "select salt, value from identity.audit_personal where user_id = $1",
      [userId],
    ),
  );
  const [entry] = await entries(org);
  const commitment = createHash("sha256").update(row!.salt).update(row!.value).digest("hex");
  expect(entry?.commitments).toEqual({ email: commitment });
  expect(row?.value).toBe("a@example.com");
});

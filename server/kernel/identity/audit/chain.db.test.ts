import { afterAll, beforeAll, expect, test } from "vitest";
import { setUp, startSignInServer, type SignInServer } from "../../../../test/harness/sign-in-server.ts";
import { createSigner, type Signer } from "../../../platform/crypto/index.ts";
import { withSystemTx, withTx } from "../../../platform/db/index.ts";
import { newId, type OrgId, type UserId } from "../../../platform/ids.ts";
import { audit } from "./index.ts";
import { keepMonths } from "./keep-partitions.ts";
import { sealChains } from "./seal.ts";
import { signHeads } from "./sign-heads.ts";
import { verifyChain } from "./verify.ts";

const YEAR_MS = 366 * 86_400_000;
let server: SignInServer;
let deps: SignInServer & { signer: Signer };

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
  deps = { ...server, signer: createSigner(["a keyring of at least 32 characters for it"], "test") };
});
afterAll(() => server.close());

const seal = async (whole = false) => {
  let found = 0;
  await sealChains(server, { whole, waiting: (entries) => void (found = entries) });
  return found;
};
const write = (orgId: OrgId, action: string, userId?: UserId) =>
  withTx(server.db, orgId, (tx) =>
    audit(tx, server.clock.now(), {
      orgId,
      actorId: "system",
      action,
      detail: { n: 1.5, list: ["ä", null] },
      ...(userId ? { personal: { userId, fields: { email: "someone@example.com" } } } : {}),
    }),
  );
/** An organization whose five entries are sealed. */
async function aChain(userId?: UserId): Promise<OrgId> {
  const org = newId("org");
  for (let n = 1; n <= 5; n += 1) await write(org, `thing.done_${n}`, userId);
  await seal();
  return org;
}
const entryIds = (org: OrgId) =>
  server.asDatabaseOwner<{ id: string }>(
    "select id from identity.audit_entries where org_id = $1 order by id",
    [org],
  );

test("entries are sealed once, each chain for itself, and verify", async () => {
  const [a, b] = [await aChain(), await aChain()];
  await seal();
  for (const org of [a, b])
    expect(await verifyChain(deps, org)).toMatchObject({
      ok: true,
      checked: 5,
      head: { seq: 5n },
      firstBad: null,
    });
});

test("an entry that commits late is sealed later, never skipped", async () => {
  const org = newId("org");
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const { promise: begun, resolve: tell } = Promise.withResolvers<void>();
  const late = withTx(server.db, org, async (tx) => {
    await audit(tx, server.clock.now(), { orgId: org, actorId: "system", action: "late.done" });
    tell();
    await gate;
  });
  await begun;
  server.clock.advance(1_000);
  await write(org, "early.done");
  await seal();
  expect((await verifyChain(deps, org)).checked).toBe(1);
  open();
  await late;
  await seal();
  expect(await verifyChain(deps, org)).toMatchObject({ ok: true, checked: 2 });
});

test("sealing at once in several processes makes one line", async () => {
  const org = newId("org");
  for (let n = 0; n < 20; n += 1) await write(org, "thing.done");
  await Promise.all(Array.from({ length: 5 }, () => seal()));
  expect(await verifyChain(deps, org)).toMatchObject({ ok: true, checked: 20, head: { seq: 20n } });
});

test.each([
  ["action = 'thing.done_x'", "changed"],
  ["detail = detail || '{\"n\": 2}'", "changed"],
  ["actor_id = 'usr_x'", "changed"],
  ["created_at = created_at + interval '1 millisecond'", "removed"],
])("one change (%s) makes verify name the entry", async (change, reason) => {
  const org = await aChain();
  const third = (await entryIds(org))[2]?.id;
  await server.asDatabaseOwner(`update identity.audit_entries set ${change} where org_id = $1 and id = $2`, [
    org,
    third,
  ]);
  expect(await verifyChain(deps, org)).toMatchObject({
    ok: false,
    checked: 2,
    firstBad: { seq: 3n, entryId: third, reason },
  });
});

test("a removed entry, and a chain cut and continued, are seen", async () => {
  const org = await aChain();
  const last = (await entryIds(org))[4]?.id;
  await server.asDatabaseOwner("delete from identity.audit_entries where org_id = $1 and id = $2", [
    org,
    last,
  ]);
  expect((await verifyChain(deps, org)).firstBad).toMatchObject({ entryId: last, reason: "removed" });
  const other = await aChain();
  await signHeads(deps);
  await server.asDatabaseOwner("delete from identity.audit_chain where org_id = $1 and seq >= 4", [other]);
  expect(await verifyChain(deps, other)).toMatchObject({ ok: false, firstBad: { reason: "removed" } });
  await server.asDatabaseOwner(
    "update identity.audit_entries set action = 'forged.done' where org_id = $1 and action = 'thing.done_5'",
    [other],
  );
  await seal();
  expect(await verifyChain(deps, other)).toMatchObject({
    ok: false,
    firstBad: { seq: 5n, reason: "signed_head_differs" },
  });
});

test("erasing a person breaks no chain; changing their text does", async () => {
  const userId = newId("usr");
  const org = await aChain(userId);
  expect((await verifyChain(deps, org)).ok).toBe(true);
  await server.asDatabaseOwner(
    "update identity.audit_personal set value = 'x@example.com' where org_id = $1 and entry_id = $2",
    [org, (await entryIds(org))[0]?.id],
  );
  expect((await verifyChain(deps, org)).firstBad?.reason).toBe("personal_text_changed");
  await withTx(server.db, org, (tx) =>
    tx.query("test_erase", "delete from identity.audit_personal where user_id = $1", [userId]),
  );
  expect(await verifyChain(deps, org)).toMatchObject({ ok: true, checked: 5 });
});

test("each day's end is signed once and told to the log", async () => {
  const org = await aChain();
  await signHeads(deps);
  await signHeads(deps);
  const told = server.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const heads = told.filter(({ event, org: of }) => event === "audit head" && of === org);
  expect(heads).toHaveLength(1);
  expect(heads[0]).toMatchObject({ seq: 5, key_version: 1 });
  expect((await verifyChain(deps, org)).signedHead?.signature.toString("base64")).toBe(heads[0]?.signature);
});

test("months have partitions of their own, and go after seven years; what is left still verifies", async () => {
  await keepMonths(server);
  server.clock.advance(32 * 86_400_000);
  const org = await aChain();
  const partitions = async () => {
    const rows = await server.asDatabaseOwner<{ of: string }>(
      "select distinct tableoid::regclass::text as of from identity.audit_entries where org_id = $1",
      [org],
    );
    return rows.map(({ of }) => of);
  };
  expect(await partitions()).toEqual(["identity.audit_entries_202604"]);
  server.clock.advance(7 * YEAR_MS + 62 * 86_400_000);
  await keepMonths(server);
  expect(await partitions()).toEqual([]);
  await write(org, "thing.done_6");
  await seal();
  expect(await verifyChain(deps, org)).toMatchObject({ ok: true, checked: 1, head: { seq: 6n } });
});

test("partitions are closed to the server's role: rows are reached behind the wall alone", async () => {
  await keepMonths(server);
  const direct = withSystemTx(server.db, (tx) =>
    tx.query("test_direct", "select 1 from identity.audit_entries_rest"),
  );
  await expect(direct).rejects.toMatchObject({ code: "42501" });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import { createBuyer } from "../../../test/harness/buyer.ts";
import { INSTALLATION } from "../../platform/ids.ts";

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp();
});
afterAll(() => t.close());

type Entry = { org_id: string; actor_id: string; target_id: string | null };
const entriesOf = (action: string) =>
  t.sql<Entry>("select org_id, actor_id, target_id from identity.audit_entries where action = $1", [action]);

test("what operators do to the inbox is in the installation's trail, with who did it, and once however often it is retried", async () => {
  const { body: me } = await t.owner.call<{ user: { id: string } }>("GET", "/api/auth/me");
  const done = { org_id: INSTALLATION, actor_id: me.user.id };
  const { body: endpoints } = await t.owner.call<{ data: { id: string; account_id: string }[] }>(
    "GET",
    "/api/admin/webhook-endpoints",
  );
  const endpoint = String(endpoints.data[0]?.id);
  await t.owner.call("PATCH", `/api/admin/webhook-endpoints/${endpoint}`, { body: { max_attempts: 7 } });
  expect(await entriesOf("endpoint.changed")).toEqual([{ ...done, target_id: endpoint }]);

  const account = endpoints.data[0]?.account_id;
  const asked = await t.owner.call("POST", "/api/admin/backfills", { body: { account_id: account } });
  expect(await entriesOf("events.backfilled")).toEqual([{ ...done, target_id: asked.body.id }]);

  const buyer = createBuyer(t);
  const { payment_id: id, url } = await buyer.buy();
  await buyer.pay(url);
  await buyer.until(id, { status: "succeeded" });
  const [event] = await t.sql<{ id: string }>(
    "select id from webhooks.events where state = 'processed' limit 1",
  );
  for (let tries = 0; tries < 2; tries += 1)
    await t.owner.call("POST", `/api/admin/events/${event?.id}/replay`, { idempotencyKey: "the same" });
  expect(await entriesOf("event.replayed")).toEqual([{ ...done, target_id: event?.id }]);
});

test("a purchase is in the buyer's trail once, however often it is retried", async () => {
  const buy = () =>
    t.owner.call("POST", "/api/credits/purchase", {
      body: { pack_key: "starter" },
      idempotencyKey: "one purchase",
    });
  const [first, second] = [await buy(), await buy()];
  expect(second.body).toEqual(first.body);
  const entries = (await entriesOf("purchase.started")).filter(
    ({ target_id }) => target_id === first.body.payment_id,
  );
  expect(entries).toHaveLength(1);
  expect(entries[0]?.org_id).not.toBe(INSTALLATION);
});

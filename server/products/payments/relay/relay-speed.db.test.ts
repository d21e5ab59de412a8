/** Alone: it measures time. */
import { afterAll, expect, test } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import { createClient, type Client } from "../../../../test/harness/client.ts";

const app = await startTestApp();
afterAll(() => app.close());

const hooks = `${app.sandbox.url}/customer-app/default/hooks`;
const control = createClient(`${app.sandbox.url}/_sandbox/customer-app`);
const org_id = (await app.owner.call<{ organization: { id: string } }>("GET", "/api/auth/me")).body
  .organization.id;
type Made = { endpoint: { id: string }; secret: string };
const endpointAt = async (who: Client, hook: string) => {
  const body = { url: `${hooks}/${hook}`, types: ["credits.granted"] };
  const made = await who.call<Made>("POST", "/api/outbound/endpoints", { body });
  expect(made.status).toBe(201);
  return made.body;
};
const gift = (reason: string) =>
  app.owner.call("POST", "/api/admin/grants", { body: { org_id, unit: "credit", amount: 5, reason } });
type Came = { deliveries: { fault: string | null; at: string; body: string }[] };
const came = async (hook: string) => (await control.call<Came>("GET", `/hooks/${hook}`)).body.deliveries;

test("a receiver that hangs delays the others by less than a second", async () => {
  const quick = await endpointAt(app.owner, "quick");
  await endpointAt(app.owner, "hanging");
  await control.call("PUT", "/hooks/hanging", { body: { answer: "never" } });
  await control.call("PUT", "/hooks/quick", { body: { answer: "200", secret: quick.secret } });
  for (let count = 0; count < 12; count += 1) expect((await gift(`Gift ${count}`)).status).toBe(201);
  await expect.poll(async () => (await came("hanging")).length, { timeout: 10_000 }).toBe(4);
  await expect.poll(async () => (await came("quick")).length, { timeout: 10_000 }).toBe(12);
  const seen = (await came("quick")).length;
  const began = performance.now();
  await gift("After the hanging one");
  await expect
    .poll(async () => (await came("quick")).length, { interval: 10, timeout: 10_000 })
    .toBe(seen + 1);
  expect(performance.now() - began).toBeLessThan(1_000);
  const last = (await came("quick")).at(-1);
  expect(last?.fault).toBeNull();
  expect(JSON.parse(last?.body ?? "{}")).toMatchObject({
    type: "credits.granted",
    data: { object: { unit: "credit", source: "gift", amount: 5 } },
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import { createClient } from "../../../test/harness/client.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

type System = {
  checks: { name: string; ok: boolean; detail: string | null }[];
  queues: { name: string; waiting: number }[];
};
const system = async () => (await app.owner.call<System>("GET", "/api/admin/system")).body;
const mailCheck = async () => (await system()).checks.find(({ name }) => name === "mail");

test("the System screen names the mail company's domains and the waiting mails; an outage there keeps nobody out", async () => {
  expect(await mailCheck()).toMatchObject({ ok: true, detail: "Resend: sends for holdfast.test" });
  expect((await system()).queues).toContainEqual(expect.objectContaining({ name: "mails", waiting: 0 }));
  const outage = { preset: "outage", company: "resend" };
  await createClient(app.sandbox.url).call("POST", "/_sandbox/preset", { body: outage });
  expect(await mailCheck()).toMatchObject({ ok: false, detail: "internal_server_error" });
  expect((await app.anonymous.call("GET", "/ready")).status).toBe(200);
});

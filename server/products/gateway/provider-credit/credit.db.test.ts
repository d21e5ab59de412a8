/** What is left at a provider: told once when it runs low, shown, and known until it says something else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { soon } from "../../../../test/harness/soon.ts";

let gateway: TestGateway;
beforeAll(async () => {
  // Asked every half second, not every 15 minutes.
  gateway = await startTestGateway({ haste: 1_800 });
});
afterAll(() => gateway.close());

type Row = { left: number; low: boolean };
/** Asked of the database: the API limits how often it is asked. */
const left = async (): Promise<Row | undefined> => {
  const [row] = await gateway.app.sql<Row>(
    "select left_usd::float8 as left, low from gateway.provider_credits where provider = 'openrouter'",
  );
  return row;
};
const metric = async () =>
  /holdfast_gateway_provider_credit_usd\{provider="openrouter"\} (\S+)/.exec(
    await gateway.app.app.metrics.text(),
  )?.[1];

test("an account that runs low is told to the operators once, and shown", async () => {
  await soon(async () => expect(await left()).toMatchObject({ left: 1_000_000, low: false }));
  await gateway.settings({ credits: 9 });
  await soon(async () => expect(await left()).toEqual({ left: 9, low: true }));
  const mail = await gateway.app.mailbox(OWNER.email);
  expect(mail.subject).toBe("Little is left to spend at openrouter");
  expect(mail.text).toContain("9 USD");
  expect(await metric()).toBe("9");
  const { body } = await gateway.app.owner.call<{ data: { id: string; credit: unknown }[] }>(
    "GET",
    "/api/admin/llm/providers",
  );
  expect(body.data.find(({ id }) => id === "openrouter")?.credit).toMatchObject({ left_usd: "9", low: true });
  await gateway.settings({ credits: 8 });
  await soon(async () => expect(await left()).toEqual({ left: 8, low: true }));
  const mails = await gateway.app.sql("select from mail.outbox where kind = 'gateway.provider_credit_low'");
  expect(mails).toHaveLength(1);
});

test("filled up, it is well; emptied again, it is told again", async () => {
  await gateway.settings({ credits: 500 });
  await soon(async () => expect(await left()).toEqual({ left: 500, low: false }));
  await gateway.settings({ credits: 1 });
  await soon(async () => expect(await left()).toEqual({ left: 1, low: true }));
  expect((await gateway.app.mailbox(OWNER.email)).text).toContain("1 USD");
});

/** The daily proof: nothing is found where all agree, and each kind of break where it was made. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type Client } from "../../../../test/harness/client.ts";
import { startTestGateway, type ModelCompany, type TestGateway } from "../../../../test/harness/gateway.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { soon } from "../../../../test/harness/soon.ts";

const DAY_MS = 86_400_000;
/** Here and at the companies it is noon of the day that is proven, then a day later: no test runs across midnight. */
let shiftMs = (Math.floor(Date.now() / DAY_MS) + 1.5) * DAY_MS - Date.now();
const clock = { now: () => new Date(Date.now() + shiftMs) };
const day = clock.now().toISOString().slice(0, 10);

let gateway: TestGateway;
/** Signed in on the day after: the first session has ended by then. */
let operator: Client;
const companiesMove = async (ms: number) => {
  const body = { advance: `${Math.round(ms)}ms` };
  const { url } = gateway.app.sandbox;
  const answer = await createClient(url).call("POST", "/_sandbox/clock", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
};
const call = async (only: ModelCompany): Promise<string> => {
  const body = {
    model: "openai/gpt-4o-mini",
    messages: [{ role: "user", content: "Say 'hello'" }],
    holdfast: { routing: { only: [only] } },
  };
  const answer = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return answer.headers.get("x-request-id") ?? "";
};

type Break = {
  id: string;
  kind: string;
  subject: string;
  state: string;
  amount_usd: string;
  examples: string[];
};
type Side = {
  side: string;
  source: string;
  calls: number;
  checked: number;
  ours_usd: string;
  theirs_usd: string;
};
type Run = { id: string; day: string; state: string; breaks: number };
const PATH = "/api/admin/llm/proof";
const read = async <T>(path: string): Promise<T[]> => {
  const answer = await operator.call<{ data: T[] }>("GET", `${PATH}${path}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};
/** Asked of the database: the API limits how often it is asked. */
const ended = (nightly: boolean, id: string | null = null) =>
  soon(async () => {
    const [run] = await gateway.app.sql<Run>(
      "select * from gateway.proof_runs where day = $1 and nightly = $2 and ($3::text is null or id = $3)",
      [day, nightly, id],
    );
    expect(run?.state).toBe("completed");
    return run as Run;
  });
const prove = async (): Promise<Run> => {
  const answer = await operator.call<Run>("POST", `${PATH}/runs`, { body: { day } });
  expect(answer.status, answer.text).toBe(202);
  return ended(false, answer.body.id);
};
const open = () => read<Break>("/breaks?state=open");

/** Calls of the day that is proven, by what is done to each. */
const ids: Record<
  "ledgerMissing" | "attemptMissing" | "ledgerAmount" | "openrouter" | "glama" | "gone",
  string
> = {
  ledgerMissing: "",
  attemptMissing: "",
  ledgerAmount: "",
  openrouter: "",
  glama: "",
  gone: "",
};

beforeAll(async () => {
  gateway = await startTestGateway({ clock, llm: ["openai", "glama"], haste: 30 });
  await companiesMove(shiftMs);
  for (const name of ["ledgerMissing", "attemptMissing", "ledgerAmount"] as const)
    ids[name] = await call("openai");
  ids.openrouter = await call("openrouter");
  ids.glama = await call("glama");
  ids.gone = await call("glama");
  shiftMs += DAY_MS;
  await companiesMove(DAY_MS);
  operator = await gateway.app.signIn();
});
afterAll(() => gateway.close());

test("the night's proof finds nothing where all agree, and sets the companies' own figures beside ours", async () => {
  expect(await ended(true)).toMatchObject({ breaks: 0 });
  expect((await read<Run>("/runs"))[0]).toMatchObject({ day, breaks: 0 });
  expect(await open()).toEqual([]);
  const sides = await read<Side>(`/days?from=${day}&to=${day}`);
  const billed = async (company: ModelCompany) =>
    (await gateway.bill(company)).reduce((sum, { cost }) => sum + Number(cost), 0);
  for (const [side, source, calls] of [
    ["openrouter", "activity", 1],
    ["glama", "generations", 2],
  ] as const) {
    const row = sides.find((each) => each.side === side);
    expect(row).toMatchObject({ source, calls, checked: calls, theirs_usd: row?.ours_usd });
    expect(Number(row?.theirs_usd)).toBeCloseTo(await billed(side), 12);
  }
  expect(sides.find(({ side }) => side === "openai")).toMatchObject({ source: "none", theirs_usd: null });
  const ledger = sides.find(({ side }) => side === "ledger");
  expect(ledger).toMatchObject({ source: "ledger", calls: 6, theirs_usd: ledger?.ours_usd });
});

test("each kind of break is found, told once, counted, and ends when all agree again", async () => {
  const { sql } = gateway.app;
  const hold = `(select hold_id from gateway.requests where id = $1)`;
  await sql(
    `with t as (delete from ledger.transactions where reference = ${hold} || ':settled' returning org_id, id)
     delete from ledger.entries e using t where e.org_id = t.org_id and e.transaction_id = t.id`,
    [ids.ledgerMissing],
  );
  await sql("delete from gateway.attempts where request_id = $1", [ids.attemptMissing]);
  await sql("update gateway.attempts set cost_micros = cost_micros + 5 where request_id = $1", [
    ids.ledgerAmount,
  ]);
  await sql("update gateway.attempts set provider_cost_usd = provider_cost_usd + 0.5 where request_id = $1", [
    ids.openrouter,
  ]);
  await sql(
    "update gateway.attempts set provider_cost_usd = provider_cost_usd + 0.25 where request_id = $1",
    [ids.glama],
  );
  await sql("update gateway.requests set generation_id = 'cmpl-nobody' where id = $1", [ids.gone]);

  expect((await prove()).breaks).toBe(6);
  const found = await open();
  const of = (kind: string, subject: string = gateway.org) =>
    found.find((each) => each.kind === kind && each.subject === subject);
  expect(of("ledger_missing")?.examples).toEqual([ids.ledgerMissing]);
  const [{ hold_id }] = (await sql("select hold_id from gateway.requests where id = $1", [
    ids.attemptMissing,
  ])) as [{ hold_id: string }];
  expect(of("attempt_missing")?.examples).toEqual([hold_id]);
  expect(of("ledger_amount")).toMatchObject({ examples: [ids.ledgerAmount], amount_usd: "0.00000005" });
  expect(of("provider_amount", "openrouter")?.amount_usd).toBe("0.5");
  expect(of("provider_amount", "glama")).toMatchObject({ amount_usd: "0.25", examples: [ids.glama] });
  expect(of("provider_missing", "glama")?.examples).toEqual([ids.gone]);

  // Other jobs write to operators too.
  let mail = await gateway.app.mailbox(OWNER.email);
  while (!mail.subject.includes("daily proof")) mail = await gateway.app.mailbox(OWNER.email);
  expect(mail.subject).toBe("6 new breaks in the daily proof of model calls");
  const metrics = await gateway.app.app.metrics.text();
  expect(metrics).toContain('holdfast_gateway_proof_breaks{kind="provider_amount"} 2');

  // What is left of the ledger's breaks comes to nothing in sum, and is found all the same.
  await sql("update gateway.attempts set cost_micros = cost_micros - 5 where request_id = $1", [
    ids.ledgerAmount,
  ]);
  const accepted = await operator.call("POST", `${PATH}/breaks/${of("attempt_missing")?.id}/accept`, {
    body: { note: "Its row was lost with the disk" },
  });
  expect(accepted.status, accepted.text).toBe(200);
  expect((await prove()).breaks).toBe(4);
  const after = await read<Break>("/breaks");
  expect(after.find(({ kind }) => kind === "ledger_amount")?.state).toBe("resolved");
  expect(after.find(({ kind }) => kind === "attempt_missing")?.state).toBe("accepted");
});

test("a day that has not ended is none to prove", async () => {
  const today = clock.now().toISOString().slice(0, 10);
  for (const wrong of [today, "2026-02-30", "2020-01-01"]) {
    const answer = await operator.call("POST", `${PATH}/runs`, { body: { day: wrong } });
    expect([wrong, answer.status]).toEqual([wrong, 422]);
  }
});

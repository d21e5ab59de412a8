/** Signed receipts over HTTP, verified by the command that people run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";

let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  folder = mkdtempSync(join(tmpdir(), "receipt-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await gateway.close();
});

type Signed = { receipt: Json & { lines: Json[]; counts: Json }; signature: string; key_version: number };
const call = async (body: Json = {}, who: Client = gateway.key): Promise<string> => {
  const answer = await who.call("POST", "/v1/chat/completions", {
    body: {
      model: "openai/gpt-4o-mini",
      max_tokens: 20,
      messages: [{ role: "user", content: "Count" }],
      ...body,
    },
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.headers.get("x-request-id") ?? "";
};
const read = (id: string, who: Client = gateway.app.owner) =>
  who.call<Signed>("GET", `/api/llm/receipts/${id}`);
const command = resolve(import.meta.dirname, "verify-command.ts");

async function verify(signed: unknown): Promise<{ ok: boolean; text: string }> {
  const { body } = await gateway.app.anonymous.call<{ data: { public_key: string }[] }>(
    "GET",
    "/api/llm/receipts/key",
  );
  const [file, key] = [join(folder, "receipt.json"), join(folder, "key.pem")];
  writeFileSync(file, JSON.stringify(signed, null, 2));
  writeFileSync(key, body.data.at(-1)?.public_key ?? "");
  try {
    const text = execFileSync(process.execPath, [command, file, "--key", key], { encoding: "utf8" });
    return { ok: true, text };
  } catch (error) {
    return { ok: false, text: String((error as { stdout?: string }).stdout) };
  }
}

test("a receipt says what the ledger took, and holds offline; a changed one does not", async () => {
  const id = await call();
  const { body: signed, status } = await read(id);
  expect(status).toBe(200);
  const request = (await gateway.requests()).find((row) => row.id === id);
  expect(signed.receipt).toMatchObject({
    request_id: id,
    organization_id: gateway.org,
    cost_micros: Number(request?.cost_micros),
    cost_from: "table",
  });
  expect(signed.receipt.lines.map(({ line }) => line)).toContain("output");
  const transaction = await gateway.app.owner.call(
    "GET",
    `/api/ledger/transactions/${String(signed.receipt.txn_id)}`,
  );
  expect(transaction.status).toBe(200);
  expect(await verify(signed)).toMatchObject({ ok: true, text: expect.stringContaining(id) as string });
  const changed = { ...signed, receipt: { ...signed.receipt, model: "another" } };
  expect(await verify(changed)).toEqual({ ok: false, text: "NOT ok: the signature is not this key's\n" });
});

test("a call that was estimated and put right has a receipt of both, which adds up", async () => {
  await gateway.fault("no_usage");
  await gateway.fault("lookup_404", { match: { path: "/api/v1/generation" } }, 2);
  const id = await call({ stream: true });
  await gateway.until("corrected", async () => {
    const row = (await gateway.requests()).find((each) => each.id === id);
    return row?.basis === "reconciled";
  });
  const { body } = await read(id);
  expect(body.receipt.attempts).toHaveLength(2);
  expect(await verify(body)).toMatchObject({ ok: true });
});

test("one's own, for admins everyone's; nobody else's", async () => {
  const agent = await gateway.app.member("agent");
  const id = await call({}, agent);
  expect((await read(id, agent)).status).toBe(200);
  const { client: theirs } = await gateway.app.createKey(agent);
  expect((await read(id, theirs)).status).toBe(200);
  expect((await read(id, await gateway.app.member("viewer"))).status).toBe(404);
  expect((await read(id, await gateway.app.neighbour())).status).toBe(404);
  expect((await read(id, await gateway.app.member("admin"))).status).toBe(200);
});

test("a call that runs has none yet", async () => {
  const running = call({ model: "sandbox/hold" });
  await gateway.until("it is held upstream", async () => (await gateway.heldUpstream()) === 1);
  const open = (await gateway.requests()).find(({ state }) => state === "open");
  const answer = await read(open?.id ?? "");
  expect([answer.status, (answer.body as unknown as Json).code]).toEqual([409, "not_settled"]);
  await gateway.release("sandbox/hold");
  await running;
});

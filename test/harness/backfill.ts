/** Reads a company's list, as an operator asks for it, and waits for the end. */
import type { TestApp } from "./app.ts";
import type { Json } from "./client.ts";

const TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** What was listed, new and known. Throws unless it is done. */
export async function backfill({ owner }: Pick<TestApp, "owner">, accountId = "acct_default"): Promise<Json> {
  const asked = await owner.call("POST", "/api/admin/backfills", { body: { account_id: accountId } });
  if (asked.status !== 202) throw new Error(`no backfill: ${asked.text}`);
  for (const endsAt = Date.now() + TIMEOUT_MS; ;) {
    const { body } = await owner.call("GET", `/api/admin/backfills/${String(asked.body.id)}`);
    if (body.state === "done") return body;
    if (body.state === "failed" || Date.now() > endsAt) throw new Error(`not read: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A whole server with a funded organization and a key for model calls; the sandbox's models answer at once. */
import { setTimeout as delay } from "node:timers/promises";
import { balances, grant } from "../../server/kernel/ledger/index.ts";
import { createDb, withTx, type Db } from "../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../server/platform/ids.ts";
import { createSealer, createSigner } from "../../server/platform/crypto/index.ts";
import { KEYRING } from "./people.ts";
import { createLimiter } from "../../server/platform/rate-limit/index.ts";
import { startTestApp, type OtherModels, type TestApp, type TestAppOptions } from "./app.ts";
import { createClient, type Client, type Json } from "./client.ts";

const POLL_MS = 10;

export type ModelCompany = "openrouter" | OtherModels;
/** Where each takes chats. */
const CHATS: Readonly<Record<ModelCompany, string>> = {
  openrouter: "/api/v1/chat/completions",
  openai: "/v1/chat/completions",
  glama: "/api/gateway/openai/v1/chat/completions",
  requesty: "/v1/chat/completions",
  anthropic: "/v1/messages",
};

export type Generation = {
  id: string;
  model: string;
  cost: string;
  state: string;
  prompt_tokens: number;
  completion_tokens: number;
};
export type RequestRow = {
  id: string;
  state: string;
  outcome: string | null;
  basis: string | null;
  cost_usd: string | null;
  cost_micros: string | null;
  generation_id: string | null;
};

export type TestGateway = {
  app: TestApp;
  org: OrgId;
  /** Calls with an API key. */
  key: Client;
  secret: string;
  db: Db;
  /** Changes how the sandbox's models behave: speed, holds, what happens when a caller leaves. */
  settings(change: Json, company?: ModelCompany): Promise<void>;
  /** The next `times` chats meet this fault. */
  fault(fault: string, params?: Json, times?: number, company?: ModelCompany): Promise<void>;
  /** Lets those go that wait, and unless told otherwise those that come later too. */
  release(name: string, later?: boolean): Promise<number>;
  heldUpstream(): Promise<number>;
  /** The provider's own bill. */
  bill(company?: ModelCompany): Promise<Generation[]>;
  requests(): Promise<RequestRow[]>;
  /** Gives this many micro-credits. */
  fund(micros: bigint): Promise<void>;
  balance(): Promise<{
    settled_micros: number;
    held_micros: number;
    available_micros: number;
    held_count: number;
  }>;
  /** Reads `check` until it holds; fails after `ms`. */
  until<T>(what: string, check: () => Promise<T | null | false | undefined>, ms?: number): Promise<T>;
  close(): Promise<void>;
};

/** What a gateway beside the whole server's is built with: nothing limits its calls. */
export const unlimited = {
  lowCreditUsd: 0,
  limiter: createLimiter(),
  sealer: createSealer([KEYRING]),
  receiptSigner: createSigner([KEYRING], "holdfast.receipts"),
  mail: {
    send: () => {
      throw new Error("no budget, no mail");
    },
  },
  planOf: async () => ({
    key: "free",
    name: "Free",
    limits: { rpm: null, tpm: null, concurrency: null },
    allowanceMicros: 0n,
    renewsAt: null,
  }),
};

export async function startTestGateway(
  options: TestAppOptions & { micros?: bigint } = {},
): Promise<TestGateway> {
  const app = await startTestApp(options);
  const db = createDb({ url: app.database.url, max: 2 });
  const [row] = await app.sql<{ org_id: OrgId }>(
    "select org_id from tenancy.organizations order by org_id limit 1",
  );
  const org = row?.org_id as OrgId;
  const { secret, client: key } = await app.createKey(app.owner, { limits: { rpm: 0 } });
  const sandbox = createClient(app.sandbox.url);
  const control = async (method: string, path: string, body?: Json) => {
    const answer = await sandbox.call(method, `/_sandbox${path}`, body ? { body, idempotencyKey: null } : {});
    if (answer.status >= 300) throw new Error(`the sandbox refused: ${answer.text}`);
    return answer.body;
  };
  const fund = (micros: bigint) =>
    withTx(db, org, async (tx) => {
      const gift = {
        mode: "test",
        unit: "credit",
        kind: "gift",
        amount: micros,
        reference: newId("pay"),
      } as const;
      await grant(tx, org, [gift], new Date());
    });
  const settings = async (change: Json, company: ModelCompany = "openrouter") =>
    void (await control("PATCH", `/${company}/settings`, change));
  for (const company of ["openrouter", ...(options.llm ?? [])] as const)
    await settings({ first_token_ms: 0, tokens_per_second: 0 }, company);
  await fund(options.micros ?? 100_000_000_000n);
  return {
    app,
    org,
    key,
    secret,
    db,
    fund,
    settings,
    fault: async (fault, params = {}, times = 1, company = "openrouter") =>
      void (await control("POST", "/faults", {
        company,
        match: { path: CHATS[company] },
        fault,
        times,
        ...params,
      })),
    release: async (name, later = true) =>
      Number((await control("POST", "/openrouter/holds/release", { name, later })).released),
    async heldUpstream() {
      const { waiting } = (await control("GET", "/openrouter/holds")) as { waiting: Record<string, number> };
      return Object.values(waiting).reduce((sum, count) => sum + count, 0);
    },
    async bill(company = "openrouter") {
      const books = (await control("GET", "/books")) as Record<string, { generations: Generation[] }>;
      return books[company]?.generations ?? [];
    },
    requests: () => app.sql<RequestRow>("select * from gateway.requests order by created_at, id"),
    async balance() {
      const all = await withTx(db, org, (tx) => balances(tx, org, "test", new Date()));
      const credit = all.find(({ unit }) => unit === "credit");
      return {
        settled_micros: Number(credit?.settled ?? 0),
        held_micros: Number(credit?.held ?? 0),
        available_micros: Number(credit?.available ?? 0),
        held_count: credit?.heldCount ?? 0,
      };
    },
    async until(what, check, ms = 10_000) {
      const deadline = Date.now() + ms;
      for (;;) {
        const value = await check();
        if (value) return value;
        if (Date.now() > deadline) throw new Error(`never: ${what}`);
        await delay(POLL_MS);
      }
    },
    async close() {
      await db.close();
      await app.close();
    },
  };
}

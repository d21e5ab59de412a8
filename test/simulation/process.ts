/** The process under test: inbox and billing on one database, as one life after the other, and the door that companies knock on. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createBilling, readPacks, type Billing } from "../../server/kernel/billing/index.ts";
import { createInbox, stripeSource, type Inbox, type Source } from "../../server/kernel/webhooks/index.ts";
import type { Clock } from "../../server/platform/clock.ts";
import { createSealer } from "../../server/platform/crypto/index.ts";
import { Problem } from "../../server/platform/problem.ts";
import { createLimiter } from "../../server/platform/rate-limit/index.ts";
import { createLogger, createMetrics } from "../../server/platform/telemetry/index.ts";
import { createStripe } from "../../server/vendors/stripe/index.ts";
import type { TestHub } from "../harness/hub.ts";
import { KEYRING } from "../harness/people.ts";
import { planDeps } from "../harness/plans.ts";
import type { Stripe } from "./company.ts";
import { createLifeline, mortalCalls, mortalDb, type Lifeline } from "./lifeline.ts";

export const ACCOUNT = "acct_sim";
const BASE_URL = "http://localhost";
const CALL_TIMEOUT_MS = 2_000;
const MAX_BODY_BYTES = 5 * 1024 * 1024;

export type Life = {
  readonly line: Lifeline;
  readonly inbox: Inbox;
  readonly billing: Billing;
  close(): Promise<void>;
};

export type Place = { databaseUrl: string; stripe: Stripe; clock: Clock; hub: TestHub };

/** Starts one life. It dies by its lifeline, or is closed. */
export async function startLife({ databaseUrl, stripe, clock, hub }: Place): Promise<Life> {
  const line = createLifeline();
  const db = mortalDb(databaseUrl, line);
  const metrics = createMetrics("simulation");
  const shared = { db, clock, hub, logger: createLogger("silent"), metrics };
  const api = mortalCalls(
    createStripe({
      apiKey: stripe.api_key,
      baseUrl: stripe.base_url,
      metrics,
      timeoutMs: CALL_TIMEOUT_MS,
      pausesMs: [],
    }),
    line,
  );
  const billing = createBilling({
    ...shared,
    stripe: api,
    accountId: ACCOUNT,
    paypal: null,
    baseUrl: BASE_URL,
    packs: readPacks(),
    ...planDeps(shared),
  });
  const source = stripeSource({ stripe: api, accountId: ACCOUNT, secrets: [stripe.webhook_secret] });
  const inbox = createInbox({
    ...shared,
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl: BASE_URL,
    maxAttempts: 77,
    sources: [signedNow(source)],
    handlers: [...billing.handlers],
  });
  await inbox.ensureEndpoints();
  return { line, inbox, billing, close: () => db.close() };
}

/** Companies sign by the real clock, whatever the world's says. */
const signedNow = (source: Source): Source => ({
  ...source,
  verify: (body, headers, by) => source.verify(body, headers, { ...by, nowMs: Date.now() }),
});

export type Door = { readonly url: string; close(): Promise<void> };

/** Where companies deliver: whoever lives now answers; nobody, and a life that ends over it, cuts the connection. */
export async function openDoor(current: () => Life | null): Promise<Door> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on("end", () => {
      const life = current();
      if (!life || life.line.dead) return void request.socket.destroy();
      life.line.onDeath(() => request.socket.destroy());
      const source = (request.url ?? "").split("/").at(-1) ?? "";
      const delivery = {
        source,
        endpointId: null,
        body: Buffer.concat(chunks),
        headers: request.headers,
        ip: "::1",
      };
      const answer = (status: number) =>
        life.line.dead ? void request.socket.destroy() : void response.writeHead(status).end();
      life.inbox.receive(delivery).then(
        () => answer(200),
        (error: unknown) => answer(error instanceof Problem ? error.kind.status : 500),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

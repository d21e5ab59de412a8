/** The process under test: inbox and billing on one database, as one life after the other, and the door that companies knock on. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createBilling, readPacks, type Billing } from "../../server/kernel/billing/index.ts";
import {
  createInbox,
  paypalSource,
  stripeSource,
  type Inbox,
  type Source,
} from "../../server/kernel/webhooks/index.ts";
import type { Clock } from "../../server/platform/clock.ts";
import { createSealer } from "../../server/platform/crypto/index.ts";
import { Problem } from "../../server/platform/problem.ts";
import { createLimiter } from "../../server/platform/rate-limit/index.ts";
import { createLogger, createMetrics } from "../../server/platform/telemetry/index.ts";
import { createPaypal } from "../../server/vendors/paypal/index.ts";
import { createStripe } from "../../server/vendors/stripe/index.ts";
import type { TestHub } from "../harness/hub.ts";
import { KEYRING } from "../harness/people.ts";
import { planDeps } from "../harness/plans.ts";
import type { Company } from "./company.ts";
import { createLifeline, mortalCalls, mortalDb, type Lifeline } from "./lifeline.ts";
import type { Credentials } from "./world.ts";

const BASE_URL = "http://localhost";
const CALL_TIMEOUT_MS = 2_000;
const MAX_BODY_BYTES = 5 * 1024 * 1024;

export type Life = {
  readonly line: Lifeline;
  readonly inbox: Inbox;
  readonly billing: Billing;
  close(): Promise<void>;
};

export type Place = {
  databaseUrl: string;
  credentials: Credentials;
  accounts: Record<Company["name"], string>;
  clock: Clock;
  hub: TestHub;
};

/** Starts one life. It dies by its lifeline, or is closed. */
export async function startLife({ databaseUrl, credentials, accounts, clock, hub }: Place): Promise<Life> {
  const line = createLifeline();
  const db = mortalDb(databaseUrl, line);
  const metrics = createMetrics("simulation");
  const shared = { db, clock, hub, logger: createLogger("silent"), metrics };
  const patience = { metrics, timeoutMs: CALL_TIMEOUT_MS, pausesMs: [], nowMs: () => clock.now().getTime() };
  const { stripe: toStripe, paypal: toPaypal } = credentials;
  const stripe = mortalCalls(
    createStripe({ apiKey: toStripe.api_key, baseUrl: toStripe.base_url, ...patience }),
    line,
  );
  const paypal = mortalCalls(
    createPaypal({
      baseUrl: toPaypal.base_url,
      clientId: toPaypal.client_id,
      clientSecret: toPaypal.client_secret,
      ...patience,
    }),
    line,
  );
  const billing = createBilling({
    ...shared,
    stripe,
    accountId: accounts.stripe,
    paypal: { api: paypal, accountId: accounts.paypal },
    baseUrl: BASE_URL,
    packs: readPacks(),
    ...planDeps(shared),
  });
  const sources = [
    stripeSource({ stripe, accountId: accounts.stripe, secrets: [toStripe.webhook_secret] }),
    paypalSource({
      paypal,
      accountId: accounts.paypal,
      webhookId: toPaypal.webhook_id,
      certHosts: toPaypal.cert_hosts.split(","),
      certRoots: toPaypal.cert_roots,
    }),
  ];
  const inbox = createInbox({
    ...shared,
    limiter: createLimiter(),
    sealer: createSealer([KEYRING]),
    baseUrl: BASE_URL,
    maxAttempts: 77,
    sources: sources.map(signedNow),
    handlers: [...billing.handlers],
  });
  try {
    await inbox.ensureEndpoints();
    await billing.keepPlans();
  } catch (error) {
    await db.close();
    throw error;
  }
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

/** A relay by itself, on a clock that is moved, and the customer's app of a sandbox as its receiver. */
import pg from "pg";
import { expect } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/main.ts";
import { createRelay, relayMails, type Relay } from "../../server/products/payments/index.ts";
import { createEndpoint } from "../../server/products/payments/relay/endpoints/create-endpoint.ts";
import type { EndpointId } from "../../server/products/payments/relay/endpoints/endpoint.ts";
import { createBus } from "../../server/platform/bus/index.ts";
import { manualClock } from "../../server/platform/clock.ts";
import { createSealer } from "../../server/platform/crypto/index.ts";
import { createDb, withTx, type Db } from "../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../server/platform/ids.ts";
import { createLogger, createMetrics } from "../../server/platform/telemetry/index.ts";
import { createClient } from "./client.ts";
import { createTestDatabase } from "./database.ts";
import { startHub } from "./hub.ts";
import { openOutbox } from "./outbox.ts";
import { KEYRING } from "./people.ts";

export type Delivery = { type: string; webhook_id: string; fault: string | null; body: string };
type Answer = { answer: string; secret?: string | null; retry_after?: number };

const START = new Date("2026-03-01T12:00:00Z");

export async function startRelay() {
  const database = await createTestDatabase();
  const db: Db = createDb({ url: database.url, max: 8 });
  const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  const sandbox: Sandbox = await startSandbox();
  const control = createClient(`${sandbox.url}/_sandbox/customer-app`);
  const clock = manualClock(START);
  const logger = createLogger("silent");
  const metrics = createMetrics("0");
  const bus = createBus({ db, directUrl: database.url, logger });
  const hub = startHub(db, database.url);
  const { mail } = await openOutbox(
    { db, clock, logger, metrics, hub, cache: hub.cache, baseUrl: "http://127.0.0.1:9" },
    false,
  );
  relayMails(mail);
  const sealer = createSealer([KEYRING]);
  const config = { RELAY_PRIVATE_HOSTS: new Set([new URL(sandbox.url).host]), RELAY_TIMEOUT_SECONDS: 1 };
  const relay: Relay = createRelay({ db, clock, bus, sealer, logger, metrics, mail, config });
  const never = new AbortController().signal;
  const sql = async <Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await owner.query(text, values)).rows as Row[];

  const settled = () =>
    expect
      .poll(
        async () => (await sql("select 1 from payments.outbound_messages where state = 'sending'")).length,
        { timeout: 20_000 },
      )
      .toBe(0);
  return {
    db,
    clock,
    relay,
    sandbox,
    sql,
    /** Sends what is due until nothing is, and waits for what is under way. */
    async deliver() {
      const tries = async () =>
        (await sql<{ n: number }>("select sum(tries)::int as n from payments.outbound_messages"))[0]?.n;
      let before: number | undefined;
      do {
        before = await tries();
        await relay.deliverDue(never);
        await settled();
      } while (before !== (await tries()));
    },
    /** Starts what may start now, and waits for nothing. */
    start: () => relay.deliverDue(never),
    /** An endpoint at a hook of the customer's app, or elsewhere. */
    async endpoint(
      org: OrgId,
      hook: string,
      more: { url?: string; ordered?: boolean; types?: string[] } = {},
    ) {
      const { endpoint, secret } = await createEndpoint(
        relay.deps,
        { orgId: org, mode: "test", actorId: "system" },
        {
          url: more.url ?? `${sandbox.url}/customer-app/default/hooks/${hook}`,
          types: more.types ?? ["credits.granted"],
          ordered: more.ordered ?? false,
          enabled: true,
        },
      );
      return { id: endpoint.id as EndpointId, secret };
    },
    hook: (name: string, body: Answer) => control.call("PUT", `/hooks/${name}`, { body }),
    came: async (name: string): Promise<Delivery[]> =>
      (await control.call<{ deliveries: Delivery[] }>("GET", `/hooks/${name}`)).body.deliveries,
    announce: (org: OrgId, objectId: string = newId("grt"), type = "credits.granted") =>
      withTx(db, org, (tx) =>
        relay.announce(tx, org, [{ mode: "test", type, objectId, object: () => ({ id: objectId }) }]),
      ),
    async close() {
      await relay.stop();
      await hub.close();
      await bus.close();
      await db.close();
      await owner.end();
      await sandbox.close();
      await database.drop();
    },
  };
}

/** The inbox: acknowledgements beside a bare server that verifies and stores, and events into the ledger. */
import { fileURLToPath } from "node:url";
import pg from "pg";
import { createDb } from "../../../server/platform/db/index.ts";
import { startBaseline } from "../child.ts";
import type { Round } from "../judge.ts";
import type { Stage } from "../stage.ts";
import { benchAcks } from "./acks.ts";
import { benchApply } from "./apply.ts";

const BARE = fileURLToPath(new URL("bare.ts", import.meta.url));
const CONCURRENCY = 16;
const CONNECTIONS = 10;
const ORGS = 20;

/** A round applies `events` to the ledger. */
export async function openWebhooksBench(stage: Stage, events: number, warmUpSeconds: number) {
  const { api, ownerUrl, webhookSecret: secret } = stage;
  const db = createDb({ url: stage.modulesUrl, max: CONNECTIONS });
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  const bare = await startBaseline(BARE, ownerUrl, secret);
  bare.pause();
  const acks = async (server: { url: string; pause(): void; resume(): void }, seconds: number) => {
    server.resume();
    const url = `${server.url}/webhooks/stripe`;
    const result = await benchAcks({ url, secret, seconds, concurrency: CONCURRENCY });
    server.pause();
    // What one round stored does not burden the next.
    await stage.emptyInbox();
    await owner.query("truncate bench.events");
    return result;
  };
  await acks(bare, warmUpSeconds);
  await acks(api, warmUpSeconds);
  return {
    async round(seconds: number): Promise<Round> {
      const theirs = await acks(bare, seconds);
      const ours = await acks(api, seconds);
      const applied = await benchApply({ db, count: events, orgs: ORGS });
      return {
        bare_acks_per_second: theirs.acksPerSecond,
        bare_acks_p99_ms: theirs.p99Ms,
        acks_per_second: ours.acksPerSecond,
        acks_p50_ms: ours.p50Ms,
        acks_p99_ms: ours.p99Ms,
        acks_refused: theirs.refused + ours.refused,
        applied_per_second: applied.eventsPerSecond,
      };
    },
    async close() {
      await bare.stop();
      await owner.end();
      await db.close();
    },
  };
}

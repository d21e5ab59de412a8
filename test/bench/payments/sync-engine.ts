/**
 * The baseline: `@supabase/stripe-sync-engine` behind Fastify, as its documentation sets it up, upserting customers into
 * PostgreSQL. A process of its own: `node sync-engine.ts <database url> <webhook secret>` prints its port.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import fastify from "fastify";

type Engine = {
  runMigrations(options: { databaseUrl: string; schema: string; logger: object }): Promise<void>;
  StripeSync: new (options: unknown) => {
    processWebhook(body: Buffer, signature: string | undefined): Promise<void>;
  };
};
const [databaseUrl = "", secret = ""] = process.argv.slice(2);
const baselines = createRequire(new URL("../baselines/package.json", import.meta.url));
const { runMigrations, StripeSync } = (await import(
  pathToFileURL(baselines.resolve("@supabase/stripe-sync-engine")).href
)) as Engine;

/** It tells its logger of a migration that failed, nobody else. */
const logger = {
  info: () => undefined,
  error: (error: unknown) => {
    throw error;
  },
};
await runMigrations({ databaseUrl, schema: "stripe", logger });
const sync = new StripeSync({
  poolConfig: { connectionString: databaseUrl, max: 10 },
  schema: "stripe",
  stripeSecretKey: "sk_test_bench",
  stripeWebhookSecret: secret,
});
const app = fastify();
app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
  done(null, body),
);
app.route({
  method: "POST",
  url: "/webhooks/stripe",
  async handler(request) {
    await sync.processWebhook(
      request.body as Buffer,
      request.headers["stripe-signature"] as string | undefined,
    );
    return { received: true };
  },
});
await app.listen({ host: "127.0.0.1", port: 0 });
const address = app.server.address();
process.stdout.write(`${typeof address === "object" && address ? address.port : 0}\n`);

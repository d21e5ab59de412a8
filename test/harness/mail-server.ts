/** Mail alone: the outbox, the inbox that hears the company's events, and the company itself, each moved by the test. */
import { createSealer } from "../../server/platform/crypto/index.ts";
import { KEYRING } from "./people.ts";
import { createTestDatabase } from "./database.ts";
import { startHub } from "./hub.ts";
import { openMailbox, type TestMail } from "./mailbox.ts";
import { MAIL_SECRET } from "./people.ts";
import { startSandbox, type Sandbox } from "../../sandbox/main.ts";
import { createMail, type Mail, type MailDeps, type NewMail } from "../../server/kernel/mail/index.ts";
import { createInbox, resendSource, type Inbox } from "../../server/kernel/webhooks/index.ts";
import { webhookRoutes } from "../../server/kernel/webhooks/routes.ts";
import { manualClock, systemClock } from "../../server/platform/clock.ts";
import { createDb, withSystemTx, type Db } from "../../server/platform/db/index.ts";
import { createHttp } from "../../server/platform/http/index.ts";
import { createLimiter } from "../../server/platform/rate-limit/index.ts";
import { createLogger, createMetrics, type Metrics } from "../../server/platform/telemetry/index.ts";
import { createMailCompany } from "../../server/vendors/mail/index.ts";
import { createClient, type Json } from "./client.ts";

const BASE_URL = "https://holdfast.example";
const never = new AbortController().signal;

export type MailServer = {
  db: Db;
  mail: Mail;
  inbox: Inbox;
  metrics: Metrics;
  /** Moves the outbox's time. It starts at the real time, at which the company's events happen. */
  clock: ReturnType<typeof manualClock>;
  sandbox: Sandbox;
  /** Log lines so far. */
  lines: readonly string[];
  /** The same outbox as another process would hold it. */
  another(change?: Partial<MailDeps>): Mail;
  /** Sends in a transaction of its own. */
  send(mail: NewMail): Promise<string>;
  /** Hands over all that is due. */
  deliver(mail?: Mail): Promise<void>;
  /** The next mail in a box. */
  mailbox(to: string): Promise<TestMail>;
  /** All that came to a box. */
  boxed(to: string): Promise<TestMail[]>;
  rows(): Promise<Json[]>;
  /** Calls the sandbox's control. */
  control<T = Json>(method: string, path: string, body?: Json): Promise<T>;
  close(): Promise<void>;
};

export async function startMailServer(change: Partial<MailDeps> = {}): Promise<MailServer> {
  const database = await createTestDatabase();
  const db = createDb({ url: database.url });
  const hub = startHub(db, database.url);
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  const metrics = createMetrics("0");
  const limiter = createLimiter();
  const clock = manualClock(new Date());
  const sandbox = await startSandbox();
  const client = createClient(sandbox.url);
  const control = async <T>(method: string, path: string, body?: Json): Promise<T> => {
    const answer = await client.call<T>(method, `/_sandbox${path}`, {
      ...(body ? { body } : {}),
      idempotencyKey: null,
    });
    if (answer.status >= 300) throw new Error(`the sandbox refused: ${answer.text}`);
    return answer.body;
  };
  // The company learns where to send once the port is known; its secret is the same from the start.
  const world = { name: "default", webhook_base: "http://127.0.0.1:9/webhooks" };
  const { resend } = await control<{
    resend: Record<"api_key" | "webhook_secret" | "base_url" | "from", string>;
  }>("POST", "/worlds", world);
  const company = createMailCompany({ apiKey: resend.api_key, baseUrl: resend.base_url });
  const given = {
    db,
    cache: hub.cache,
    clock,
    hub,
    logger,
    company,
    baseUrl: BASE_URL,
    from: resend.from,
    tokenSecret: MAIL_SECRET,
  };
  const another = (more: Partial<MailDeps> = {}) =>
    createMail({ ...given, perSecond: 100, metrics: createMetrics("0"), ...change, ...more });
  const mail = another({ metrics });
  const inbox = createInbox({
    db,
    clock: systemClock,
    hub,
    logger,
    metrics,
    limiter,
    sealer: createSealer([KEYRING]),
    baseUrl: BASE_URL,
    maxAttempts: 3,
    sources: [resendSource({ mode: "test", secrets: [resend.webhook_secret] })],
    handlers: [mail.handler],
  });
  await inbox.ensureEndpoints();
  const http = await createHttp({
    logger,
    metrics,
    clock: systemClock,
    db,
    limiter,
    authenticate: () => Promise.resolve(null),
    version: "0",
    baseUrl: BASE_URL,
    trustedProxies: [],
    pagesDir: null,
  });
  webhookRoutes(http, inbox);
  const url = await http.app.listen({ port: 0, host: "127.0.0.1" });
  await control("POST", "/worlds", { name: "default", webhook_base: `${url}/webhooks` });
  return {
    db,
    mail,
    inbox,
    metrics,
    clock,
    sandbox,
    lines,
    another,
    control,
    send: (wanted) => withSystemTx(db, (tx) => mail.send(tx, wanted)),
    deliver: (which = mail) => which.deliver(never),
    mailbox: openMailbox(sandbox.url),
    boxed: async (to) =>
      (await control<{ data: TestMail[] }>("GET", `/mailbox?${new URLSearchParams({ to })}`)).data,
    rows: async () => (await db.pool.query("select * from mail.outbox order by id")).rows as Json[],
    async close() {
      await http.app.close();
      await sandbox.close();
      await hub.close();
      await limiter.close();
      await db.close();
      await database.drop();
    },
  };
}

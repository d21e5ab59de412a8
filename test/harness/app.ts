/**
 * The whole server for one test file: all modules and workers, a database of its own, and the outside companies in this
 * process with books of their own. Nothing is replaced; only addresses and limits are told.
 */
import pg from "pg";
import { testPort } from "./ports.ts";
import { startSandbox, type Sandbox } from "../../sandbox/main.ts";
import { createApp, type App } from "../../server/app.ts";
import { readConfig } from "../../server/config.ts";
import type { Clock } from "../../server/platform/clock.ts";
import { createLogger } from "../../server/platform/telemetry/index.ts";
import { browserClient, createClient, type Client, type Json } from "./client.ts";
import { openMailbox, type TestMail } from "./mailbox.ts";
import plans from "./plans.json" with { type: "json" };
import { createTestDatabase, type TestDatabase } from "./database.ts";
import {
  addMember,
  addNeighbour,
  KEYRING,
  MAIL_SECRET,
  OWNER,
  PEPPER,
  SETUP_TOKEN,
  type Sql,
} from "./people.ts";

type Credentials = {
  stripe: { api_key: string; webhook_secret: string; base_url: string };
  paypal: {
    client_id: string;
    client_secret: string;
    base_url: string;
    webhook_id: string;
    cert_roots: string;
    cert_hosts: string;
  };
  openrouter: { api_key: string; management_key: string; base_url: string };
  openai: { api_key: string; base_url: string };
  glama: { api_key: string; base_url: string };
  requesty: { api_key: string; base_url: string };
  anthropic: { api_key: string; base_url: string };
  resend: { api_key: string; webhook_secret: string; base_url: string; from: string };
  google: { client_id: string; client_secret: string; issuer: string };
  github: { client_id: string; client_secret: string; login_url: string; api_url: string };
  oidc: { client_id: string; client_secret: string; issuer: string; dns_url: string };
};
type Role = "owner" | "admin" | "agent" | "viewer";

export type TestApp = {
  readonly url: string;
  readonly app: App;
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  /** What the server was told of the companies. */
  readonly credentials: Credentials;
  /** The first person: operator of the installation, owner of the first organization. */
  readonly owner: Client;
  readonly anonymous: Client;
  /** Log lines so far, as they were written. */
  readonly lines: readonly string[];
  /** One more session, of the owner unless told. A person has five at most: the sixth ends the first. */
  signIn(person?: { email: string; password: string }): Promise<Client>;
  /** A member of the first organization with this role, no operator; the same person and session every time. */
  member(role: Role): Promise<Client>;
  /** The owner of another organization, no operator; the same person and session every time. */
  neighbour(): Promise<Client>;
  createKey(who: Client, input?: Json): Promise<{ id: string; secret: string; client: Client }>;
  /** Waits for the next mail to this address: each call gives one more, in order. */
  mailbox(to: string): Promise<TestMail>;
  sql: Sql;
  /** One more process on the same database, with the same secrets; it ends with this one. Returns where it answers. */
  startAnother(env?: Record<string, string>): Promise<{ url: string; app: App }>;
  close(): Promise<void>;
};

export type TestAppOptions = {
  env?: Record<string, string>;
  clock?: Clock;
  /** Language-model companies besides OpenRouter. */
  llm?: readonly OtherModels[];
  /** Recurring work and second tries of calls come so many times sooner. */
  haste?: number;
};
export type OtherModels = "openai" | "glama" | "requesty" | "anthropic";

export async function startTestApp({
  env = {},
  clock,
  llm = [],
  haste,
}: TestAppOptions = {}): Promise<TestApp> {
  const [database, port] = await Promise.all([createTestDatabase(), testPort()]);
  const url = `http://127.0.0.1:${port}`;
  const webhookBase = `${url}/webhooks`;
  const sandbox = await startSandbox({ webhookBase });
  const credentials = await introduce(sandbox, webhookBase);
  const lines: string[] = [];
  const start = async (settings: Record<string, string>) => {
    const app = await createApp(readConfig(settings), {
      logger: createLogger(env.LOG_LEVEL ?? "info", { write: (line) => void lines.push(line) }),
      ...(clock ? { clock } : {}),
      ...(haste ? { haste } : {}),
    });
    await app.start();
    return app;
  };
  const settings = {
    ...settingsOf(database, credentials, sandbox),
    PORT: String(port),
    BASE_URL: url,
    ...Object.assign({}, ...llm.map((name) => modelsOf(name, credentials))),
    ...env,
  };
  const app = await start(settings);
  const others: App[] = [];
  const owners = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  const sql: Sql = async (text, values) => (await owners.query(text, values)).rows;
  return {
    url,
    app,
    database,
    sandbox,
    credentials,
    lines,
    sql,
    mailbox: openMailbox(sandbox.url),
    ...(await people(url, sql)),
    async startAnother(own = {}) {
      const otherPort = String(await testPort());
      const other = await start({ ...settings, PORT: otherPort, ...own });
      others.push(other);
      return { url: `http://127.0.0.1:${otherPort}`, app: other };
    },
    async close() {
      await Promise.all([app, ...others].map((each) => each.stop()));
      await sandbox.close();
      await owners.end();
      await database.drop();
    },
  };
}

const modelsOf = (name: OtherModels, { [name]: company }: Credentials): Record<string, string> => ({
  [`${name.toUpperCase()}_API_KEY`]: company.api_key,
  [`${name.toUpperCase()}_BASE_URL`]: company.base_url,
});

const settingsOf = (
  database: TestDatabase,
  { stripe, paypal, openrouter, resend, google, github, oidc }: Credentials,
  sandbox: Sandbox,
) => ({
  NODE_ENV: "test",
  CONSOLE_DIR: "",
  DATABASE_URL: database.url,
  SETUP_TOKEN,
  AUTH_LIMITS: "off",
  OPERATOR_MFA: "optional",
  REGISTRATION: "open",
  API_KEY_PEPPER: PEPPER,
  KMS_LOCAL_KEYRING: KEYRING,
  STRIPE_SECRET_KEY: stripe.api_key,
  STRIPE_WEBHOOK_SECRET: stripe.webhook_secret,
  STRIPE_BASE_URL: stripe.base_url,
  PAYPAL_CLIENT_ID: paypal.client_id,
  PAYPAL_CLIENT_SECRET: paypal.client_secret,
  PAYPAL_BASE_URL: paypal.base_url,
  PAYPAL_WEBHOOK_ID: paypal.webhook_id,
  PAYPAL_CERT_ROOTS: paypal.cert_roots,
  PAYPAL_CERT_HOSTS: paypal.cert_hosts,
  OPENROUTER_API_KEY: openrouter.api_key,
  OPENROUTER_MANAGEMENT_KEY: openrouter.management_key,
  OPENROUTER_BASE_URL: openrouter.base_url,
  RESEND_API_KEY: resend.api_key,
  RESEND_WEBHOOK_SECRET: resend.webhook_secret,
  RESEND_BASE_URL: resend.base_url,
  MAIL_FROM: resend.from,
  MAIL_TOKEN_SECRET: MAIL_SECRET,
  // A test must not wait for the pace of the company.
  MAIL_PER_SECOND: "100",
  GOOGLE_CLIENT_ID: google.client_id,
  GOOGLE_CLIENT_SECRET: google.client_secret,
  GOOGLE_ISSUER: google.issuer,
  GITHUB_CLIENT_ID: github.client_id,
  GITHUB_CLIENT_SECRET: github.client_secret,
  GITHUB_LOGIN_URL: github.login_url,
  GITHUB_API_URL: github.api_url,
  DNS_URL: oidc.dns_url,
  PRIVATE_ISSUERS: "allowed",
  SANDBOX_URL: sandbox.url,
  RELAY_PRIVATE_HOSTS: new URL(sandbox.url).host,
  // Balances begin at zero.
  PLANS: JSON.stringify(plans),
});

async function people(url: string, sql: Sql) {
  const anonymous = createClient(url);
  const signIn = async (body = OWNER) =>
    browserClient(url, await anonymous.call("POST", "/api/auth/login", { body }));
  const setUp = { ...OWNER, token: SETUP_TOKEN, full_name: "Ona Owner" };
  const made = await anonymous.call("POST", "/api/admin/setup", { body: setUp });
  if (made.status !== 201) throw new Error(`not set up: ${made.text}`);
  const sessions = new Map<string, Promise<Client>>();
  const once = (email: string, add: (email: string) => Promise<void>): Promise<Client> => {
    const known = sessions.get(email) ?? add(email).then(() => signIn({ ...OWNER, email }));
    sessions.set(email, known);
    return known;
  };
  return {
    anonymous,
    signIn,
    owner: await signIn(),
    member: (role: Role) => once(`${role}@members.example`, (email) => addMember(sql, { email, role })),
    neighbour: () => once("neighbour@example.com", (email) => addNeighbour(sql, email)),
    async createKey(who: Client, input: Json = {}) {
      const body = { name: "Test", mode: "test", scopes: ["gateway.use"], ...input };
      const { status, body: key, text } = await who.call("POST", "/api/api-keys", { body });
      if (status !== 201) throw new Error(`no key: ${text}`);
      const secret = String(key.secret);
      return {
        id: String(key.id),
        secret,
        client: createClient(url, { authorization: `Bearer ${secret}` }),
      };
    },
  };
}

async function introduce(sandbox: Sandbox, webhookBase: string): Promise<Credentials> {
  const world = { name: "default", webhook_base: webhookBase };
  const answer = await createClient(sandbox.url).call<Credentials>("POST", "/_sandbox/worlds", {
    body: world,
  });
  if (answer.status >= 300) throw new Error(`the sandbox gave no credentials: ${answer.text}`);
  return answer.body;
}

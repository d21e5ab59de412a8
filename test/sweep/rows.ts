/** Rows of the first organization, or of the operator, for the calls that name one. */
import { createHmac, randomUUID } from "node:crypto";
import { grant } from "../../server/kernel/ledger/index.ts";
import { createDb, withTx } from "../../server/platform/db/index.ts";
import { newId, type OrgId } from "../../server/platform/ids.ts";
import { signForPaypal } from "../harness/paypal.ts";
import type { TestApp } from "../harness/app.ts";
import type { Client, Json } from "../harness/client.ts";
import { addMember, OWNER } from "../harness/people.ts";

/** Made at its first use in an app. */
export function once<T>(make: (app: TestApp) => Promise<T>): (app: TestApp) => Promise<T> {
  const made = new WeakMap<TestApp, Promise<T>>();
  return (app) => {
    const known = made.get(app) ?? make(app);
    made.set(app, known);
    return known;
  };
}

/** As the owner; throws what was refused. */
async function ask<T>({ owner }: TestApp, method: string, path: string, body?: Json): Promise<T> {
  const answer = await owner.call<T>(method, path, body === undefined ? {} : { body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

export const ownOrganization = once(async (app) => {
  const me = await ask<{ organization: { id: OrgId } }>(app, "GET", "/api/auth/me");
  return me.organization.id;
});

/** A session of the owner's, new each time: calls that name it end it. As a native app's it counts among no browser's. */
export async function aSession(app: TestApp): Promise<string> {
  const id = newId("ses");
  await app.sql(
    `insert into identity.sessions (id, user_id, org_id, kind, csrf_token, device, ip_masked, created_at, last_seen_at,
       expires_at, proven_at)
     select $1, u.id, $2, 'app', '', 'App', '127.0.x.x', now(), now(), now() + interval '1 hour', now()
     from identity.users u where u.is_operator limit 1`,
    [id, await ownOrganization(app)],
  );
  return id;
}

/** The sandbox's issuer, as an organization brings one. */
export const ssoOf = ({ credentials: { oidc } }: TestApp) => ({
  issuer: oidc.issuer,
  client_id: oidc.client_id,
});

/** The first organization with an issuer of its own, made anew each time. */
export async function aConnection(app: TestApp): Promise<{ params: { id: string } }> {
  const id = await ownOrganization(app);
  const { client_secret } = app.credentials.oidc;
  const body = { ...ssoOf(app), client_secret, domain: "sweep.example", required: false };
  await ask(app, "PUT", `/api/organizations/${id}/sso`, body);
  return { params: { id } };
}

/** The operator's; a new one each time, since the calls that name it end it. */
export async function anOAuthAccount({ sql }: TestApp): Promise<string> {
  const id = newId("oac");
  await sql(
    `insert into identity.oauth_accounts (id, user_id, provider, subject, created_at, last_used_at)
     select $1, id, 'google', $1, now(), now() from identity.users where is_operator limit 1`,
    [id],
  );
  return id;
}

/** A viewer whom no other call needs. */
export async function aPasser(app: TestApp): Promise<Client> {
  const email = `${randomUUID()}@members.example`;
  await addMember(app.sql, { email, role: "viewer" });
  return app.signIn({ ...OWNER, email });
}

/** 1,000 credits. */
export const credits = once(async (app) => {
  const org = await ownOrganization(app);
  const db = createDb({ url: app.database.url, max: 1 });
  const gift = {
    mode: "test",
    unit: "credit",
    kind: "gift",
    amount: 1_000_000_000n,
    reference: "sweep",
  } as const;
  await withTx(db, org, (tx) => grant(tx, org, [gift], new Date())).finally(() => db.close());
});

export const aTransaction = once(async (app) => {
  await credits(app);
  const { data } = await ask<{ data: { id: string }[] }>(app, "GET", "/api/ledger/transactions");
  return data[0]?.id ?? "";
});

export const aPurchase = once((app) =>
  ask<{ payment_id: string; session_id: string }>(app, "POST", "/api/credits/purchase", {
    pack_key: "starter",
  }),
);

/** An event that no handler takes, signed as the company signs. */
export function aSignedEvent(app: TestApp) {
  const seconds = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: "event",
    type: "account.updated",
    created: seconds,
    livemode: false,
    data: { object: { id: "acct_1", object: "account" } },
  });
  const [secret = ""] = app.credentials.stripe.webhook_secret.split(",");
  const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return { body, headers: { "stripe-signature": `t=${seconds},v1=${signature}` } };
}

/** The same of PayPal. */
export function aSignedPaypalEvent(app: TestApp) {
  const body = Buffer.from(
    JSON.stringify({
      id: `WH-${randomUUID().toUpperCase()}`,
      event_type: "CUSTOMER.ACCOUNT.UPDATED",
      create_time: new Date().toISOString(),
      resource_type: "account",
      resource: { id: "ACCOUNT1" },
    }),
  );
  return signForPaypal(app, body).then((headers) => ({ body: body.toString(), headers }));
}

/** The same of the mail company. */
export function aSignedMailEvent(app: TestApp) {
  const id = `msg_${randomUUID()}`;
  const seconds = Math.floor(Date.now() / 1000);
  const created_at = new Date(seconds * 1000).toISOString();
  const body = JSON.stringify({ type: "contact.created", created_at, data: { id: randomUUID() } });
  const [secret = ""] = app.credentials.resend.webhook_secret.split(",");
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return {
    body,
    headers: { "svix-id": id, "svix-timestamp": String(seconds), "svix-signature": `v1,${signature}` },
  };
}

const DONE = new Set(["processed", "ignored", "dead"]);
const MAX_LOOKS = 2_000;

/** The id of an event that waits for nothing any more. */
export const aDoneEvent = once(async (app) => {
  const event = aSignedEvent(app);
  await app.anonymous.call("POST", "/webhooks/stripe", event);
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const [row] = await app.sql<{ id: string; state: string }>(
      "select id, state from webhooks.events where provider_event_id = $1",
      [(JSON.parse(event.body) as { id: string }).id],
    );
    if (row && DONE.has(row.state)) return row.id;
  }
  throw new Error("the event was never processed");
});

/** Stripe's, as configured. */
export async function anAccount(app: TestApp): Promise<string> {
  const rows = await app.sql<{ account_id: string }>(
    "select account_id from webhooks.endpoints where source = 'stripe' and is_default",
  );
  return rows[0]?.account_id ?? "";
}

export const aBackfill = once(async (app) => {
  const body = { account_id: await anAccount(app) };
  return (await ask<{ id: string }>(app, "POST", "/api/admin/backfills", body)).id;
});

/** A dead event; a new one each time. */
export async function aDeadEvent(app: TestApp): Promise<string> {
  const id = newId("evt");
  await app.sql(
    `insert into webhooks.events (id, source, endpoint_id, provider_event_id, type, root, object_id, origin, state,
       provider_created_at, received_at, queued_at, next_attempt_at, finished_at)
     values ($1, 'stripe', $2, $1, 'sweep.dead', $1, $1, 'delivery', 'dead', now(), now(), now(), now(), now())`,
    [id, await anEndpoint(app)],
  );
  return id;
}

/** A replay that was not started; a new one each time. */
export async function aReplay(app: TestApp): Promise<string> {
  await aDoneEvent(app);
  return (await ask<{ id: string }>(app, "POST", "/api/admin/replays", { source: "stripe" })).id;
}

/** A finished export of the first organization's trail. */
export const anAuditExport = once(async (app) => {
  const { job_id: id } = await ask<{ job_id: string }>(app, "POST", "/api/audit-log/export", {});
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const [row] = await app.sql("select 1 from identity.audit_exports where job_id = $1 and last", [id]);
    if (row) return id;
  }
  throw new Error("the export was never finished");
});

/** The default endpoint of a company. */
export async function anEndpoint(app: TestApp, source = "stripe"): Promise<string> {
  type Row = { id: string; source: string; is_default: boolean };
  const { data } = await ask<{ data: Row[] }>(app, "GET", "/api/admin/webhook-endpoints");
  return data.find((row) => row.source === source && row.is_default)?.id ?? "";
}

/** An endpoint that was added; a new one each time, since the calls that name it end it. */
export async function aFurtherEndpoint(app: TestApp): Promise<string> {
  const input = { source: "stripe", account_id: "acct_sweep" };
  return (await ask<{ id: string }>(app, "POST", "/api/admin/webhook-endpoints", input)).id;
}

/** One of two secrets of an endpoint. */
export async function aSecret(app: TestApp): Promise<{ id: string; secret_id: string }> {
  const id = await aFurtherEndpoint(app);
  const add = (secret: string) =>
    ask<{ id: string }>(app, "POST", `/api/admin/webhook-endpoints/${id}/secrets`, { secret });
  await add("whsec_of_the_sweep_one");
  return { id, secret_id: (await add("whsec_of_the_sweep_two")).id };
}

/** A job in this state, of a kind that no worker knows; a new one each time, since the calls that name it change it. */
export async function aJob(app: TestApp, state: "scheduled" | "failed"): Promise<string> {
  const id = newId("job");
  const due = new Date(Date.now() + (state === "scheduled" ? 86_400_000 : 0));
  await app.sql(
    `with made as (
       insert into platform.jobs (org_id, id, kind, state, priority, payload, max_attempts, created_at, due_at, finished_at)
       values ($1, $2, 'sweep.nothing', $3, 3, '{}', 3, now(), $4, case when $3 = 'failed' then now() end)
       returning org_id, id, kind, priority, state, due_at)
     insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at)
     select id, org_id, kind, priority, state, due_at from made where state = 'scheduled'`,
    [await ownOrganization(app), id, state, due],
  );
  return id;
}

/** A limit that an operator set for a network. */
export const aLimit = once(async (app) => {
  const params = { subject: "203.0.113.8", class: "address" };
  await ask(app, "PUT", `/api/admin/rate-limits/${params.subject}/${params.class}`, {
    limit: 200,
    window_s: 60,
  });
  return params;
});

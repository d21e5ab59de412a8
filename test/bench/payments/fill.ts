/** An inbox with a past: finished events of ninety days, as many as asked for, without their purged bytes. */
import pg from "pg";

const SPAN = "interval '90 days'";

/** As the owner. The indexes that only serve reading are built afterwards. */
export async function fillInbox(ownerUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const indexes = await client.query<{ name: string; definition: string }>(
      `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
       from pg_index where indrelid = 'webhooks.events'::regclass and not indisunique`,
    );
    for (const { name } of indexes.rows) await client.query(`drop index ${name}`);
    await client.query(
      `insert into webhooks.events (id, source, endpoint_id, provider_event_id, type, root, object_id, origin, state,
         provider_created_at, received_at, queued_at, next_attempt_at, finished_at, delivered_at, error_code, attempts)
       select 'evt_' || lpad(to_hex(g), 32, '0'), 'stripe', e.id, 'evt_past_' || lpad(g::text, 10, '0'),
         (array['charge.succeeded', 'payment_intent.succeeded', 'invoice.paid', 'customer.updated', 'charge.refunded',
           'checkout.session.completed', 'invoice.created', 'customer.subscription.updated'])[1 + g % 8],
         'root_' || g / 3, 'obj_' || g / 2, 'delivery',
         case when g % 1000 = 0 then 'dead' when g % 100 = 0 then 'ignored' else 'processed' end,
         t.at, t.at, t.at, t.at, t.at, t.at, case when g % 1000 = 0 then 'amount_mismatch' end, 1
       from generate_series(1, $1::int) as g,
         lateral (select now() - ${SPAN} * (1 - g::float8 / $1::int) as at) as t,
         lateral (select id from webhooks.endpoints where source = 'stripe' limit 1) as e`,
      [count],
    );
    for (const { definition } of indexes.rows) await client.query(definition);
    await client.query("vacuum analyze webhooks.events");
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}

/** SQL of what leads to a subscription before its tenant is known: object ids, prices; and a glance across tenants. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { SubscriptionRow } from "./subscription.ts";

export type SubscriptionPlace = { object_id: string; org_id: OrgId; subscription_id: SubscriptionRow["id"] };

/** Fixes whose an object is; the first to say so wins. */
export async function placeSubscription(
  tx: Tx,
  accountId: string,
  places: readonly SubscriptionPlace[],
): Promise<void> {
  if (places.length === 0) return;
  const sorted = places.toSorted((a, b) => (a.object_id < b.object_id ? -1 : 1));
  await tx.query(
    "billing.subscription_places_insert",
    `insert into billing.object_orgs (account_id, object_id, org_id, subscription_id)
     select $1, * from unnest($2::text[], $3::text[], $4::text[]) on conflict do nothing`,
    [
      accountId,
      sorted.map(({ object_id }) => object_id),
      sorted.map(({ org_id }) => org_id),
      sorted.map(({ subscription_id }) => subscription_id),
    ],
  );
}

export function findSubscriptionPlaces(
  tx: Tx,
  accountId: string,
  objectIds: readonly string[],
): Promise<SubscriptionPlace[]> {
  return tx.query(
    "billing.subscription_places",
    `select object_id, org_id, subscription_id from billing.object_orgs
     where account_id = $1 and object_id = any($2::text[]) and subscription_id is not null`,
    [accountId, objectIds],
  );
}

export type SubscriptionGlance = Pick<
  SubscriptionRow,
  "org_id" | "id" | "status" | "provider_status" | "provider_subscription_id" | "as_of"
>;

export function glanceSubscriptions(
  tx: Tx,
  keys: readonly { org_id: string; subscription_id: string }[],
): Promise<SubscriptionGlance[]> {
  return tx.query(
    "billing.subscriptions_glance",
    `select distinct s.org_id, s.id, s.status, s.provider_status, s.provider_subscription_id, s.as_of
     from unnest($1::text[], $2::text[]) as k (org_id, id) join billing.subscriptions s using (org_id, id)`,
    [keys.map(({ org_id }) => org_id), keys.map(({ subscription_id }) => subscription_id)],
  );
}

/** Which version each of these prices at the company is of. */
export async function findVersionsOf(
  tx: Tx,
  accountId: string,
  priceIds: readonly string[],
): Promise<Map<string, { id: string; planKey: string }>> {
  const rows = await tx.query<{ price: string; id: string; plan_key: string }>(
    "billing.versions_of_prices",
    `select p.provider_price_id as price, v.id, v.plan_key
     from billing.plan_prices p join billing.plan_versions v on v.id = p.version_id
     where p.account_id = $1 and p.provider_price_id = any($2::text[])`,
    [accountId, priceIds],
  );
  return new Map(rows.map((row) => [row.price, { id: row.id, planKey: row.plan_key }]));
}

import { withSystemTx } from "../../../platform/db/index.ts";
import { readCustomerId } from "../../../vendors/paypal/index.ts";
import type { Effect, Handler, InboxEvent, Prepared } from "../../webhooks/index.ts";
import type { BillingDeps } from "../deps.ts";
import { applyCustomer } from "../payers/apply-customer.ts";
import type { CustomerFetched } from "../payers/customer.ts";
import { findOwners } from "../payers/store.ts";
import { createFetchLimit } from "../payments/fetch-limit.ts";
import { patiently, type Account } from "../payments/paypal/prepare.ts";
import { fetchWallets, paypalAccount } from "./wallets.ts";

const TYPES = ["VAULT.PAYMENT-TOKEN.CREATED", "VAULT.PAYMENT-TOKEN.DELETED"] as const;

/** What PayPal tells about wallets: a body says whose to ask for, and nothing more. */
export function paypalWalletHandler(deps: BillingDeps, account: Account): Handler<CustomerFetched> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "paypal",
    types: new Set<string>(TYPES),
    prepare: (events) =>
      Promise.all(events.map((event) => patiently(limit, () => prepareOne(deps, account, event)))),
    async apply(tx, org, facts, now) {
      const effects: Effect[][] = [];
      for (const fact of facts)
        effects.push(await applyCustomer(deps, tx, org, paypalAccount(account), fact, now));
      return effects;
    },
  };
}

async function prepareOne(
  deps: BillingDeps,
  account: Account,
  event: InboxEvent,
): Promise<Prepared<CustomerFetched>> {
  const owner =
    (await ownerOf(deps, account, event.body)) ??
    // By the event as PayPal keeps it, for this body may have been changed.
    (await ownerOf(deps, account, (await account.api.getEvent(event.providerEventId)).body));
  if (!owner) return { kind: "ignored", code: "not_ours" };
  return { kind: "facts", orgId: owner.org, facts: await fetchWallets(deps, account, owner.customerId) };
}

async function ownerOf({ db }: BillingDeps, { accountId }: Account, body: Buffer) {
  const customerId = readCustomerId(body);
  if (customerId === null) return null;
  const owners = await withSystemTx(db, (tx) => findOwners(tx, accountId, [customerId]));
  const org = owners.get(customerId);
  return org ? { org, customerId } : null;
}

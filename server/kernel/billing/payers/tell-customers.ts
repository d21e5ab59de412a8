import { addMs } from "../../../platform/clock.ts";
import { CompanyFault } from "../../../platform/calls/index.ts";
import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { listOrganizations } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { ensureCustomer, withCustomer } from "./ensure-customer.ts";
import { findCustomer, insertCustomer, listUnknown, listUntold, noteTold } from "./store.ts";

const PAGE = 500;
const AT_ONCE = 20;
const MINUTE_MS = 60_000;
/** An organization this young may be buying: then its purchase makes the customer. */
const YOUNG_MS = MINUTE_MS;
/** An id may be committed later than one that was made after it. */
const LATE_MS = 10 * MINUTE_MS;

/**
 * Makes new organizations known to the company, and tells it what they changed of themselves. The first run reads all
 * organizations, later ones what is new. Returns how many were told.
 */
export function createCustomerTeller(deps: BillingDeps): (signal: AbortSignal) => Promise<number> {
  let after: string | null = null;
  const meet = async () => {
    const { accountId, clock, db } = deps;
    const now = clock.now();
    const ageOf = (createdAt: Date) => now.getTime() - createdAt.getTime();
    for (let from = after; ;) {
      const page = await withOperatorTx(db, (tx) => listOrganizations(tx, from, PAGE));
      const grown = page.filter(({ createdAt }) => ageOf(createdAt) >= YOUNG_MS).map(({ id }) => id);
      const unknown = await withOperatorTx(db, (tx) => listUnknown(tx, accountId, grown));
      for (const org of unknown) await withTx(db, org, (tx) => insertCustomer(tx, org, accountId, now));
      for (const { id, createdAt } of page) if (ageOf(createdAt) > LATE_MS) after = id;
      from = page.at(-1)?.id ?? null;
      if (page.length < PAGE) return;
    }
  };
  return async (signal) => {
    await meet();
    const due = await withOperatorTx(deps.db, (tx) =>
      listUntold(tx, deps.accountId, deps.clock.now(), AT_ONCE),
    );
    let told = 0;
    for (const org of due) {
      if (signal.aborted) break;
      if (await tellCustomer(deps, org)) told += 1;
    }
    return told;
  };
}

/** False when the company is away or refuses: the row says so, and who is away is asked again in a minute. */
export async function tellCustomer(deps: BillingDeps, org: OrgId): Promise<boolean> {
  const { accountId, clock, db, stripe } = deps;
  const customer = await withTx(db, org, (tx) => findCustomer(tx, org, accountId));
  if (!customer) return false;
  const { version } = customer;
  // Keys of one hour: what Stripe keeps under them, a 5xx too, passes.
  const hour = Math.floor(clock.now().getTime() / (60 * MINUTE_MS));
  const row = { id: `${org}:${version}`, attempt: hour };
  const note = (came: Parameters<typeof noteTold>[3]) =>
    withTx(db, org, (tx) => noteTold(tx, org, accountId, came));
  try {
    if (customer.providerId === null) await ensureCustomer(deps, org, row);
    await withCustomer(deps, org, row, async (id, mark) => {
      const key = `${row.id}:told:${hour}${mark}`;
      if (customer.providerId !== null) await stripe.updateCustomer(id, customer, key);
      if (version > 1) await stripe.setTaxIds(id, customer.taxIds, `${key}:tax`);
    });
    await note({ version });
    return true;
  } catch (error) {
    if (!(error instanceof CompanyFault)) throw error;
    const away = error.kind === "unavailable";
    await note({
      version,
      refusedCode: away ? null : error.code,
      nextTryAt: away ? addMs(clock.now(), MINUTE_MS) : null,
    });
    return false;
  }
}

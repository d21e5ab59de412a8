import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { BillingDeps } from "../deps.ts";
import { NOBODY, type Customer, type Profile } from "./customer.ts";
import { changeProfile, findCustomer, insertCustomer } from "./store.ts";
import { tellCustomer } from "./tell-customers.ts";

/** What the organization says of itself; empty before it said anything. */
export const readCustomer = ({ db, accountId }: BillingDeps, org: OrgId): Promise<Customer> =>
  withTx(db, org, async (tx) => (await findCustomer(tx, org, accountId)) ?? NOBODY);

/** Keeps it, and tells the company at once; while that is away, the job goes on trying. */
export async function changeCustomer(
  deps: BillingDeps,
  { orgId, actorId, ...profile }: Profile & { orgId: OrgId; actorId: string },
): Promise<Customer> {
  const { accountId, clock, db } = deps;
  await withTx(db, orgId, async (tx) => {
    await insertCustomer(tx, orgId, accountId, clock.now());
    await changeProfile(tx, orgId, accountId, profile);
    await audit(tx, clock.now(), {
      orgId,
      actorId,
      action: "billing.customer_changed",
      targetId: orgId,
      detail: {},
    });
  });
  await tellCustomer(deps, orgId);
  const customer = await readCustomer(deps, orgId);
  assert(customer.version > 0, "a customer just written is there");
  return customer;
}

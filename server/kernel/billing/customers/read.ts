import { withOperatorTx, type Db } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { findCustomerView, listMoments, type CustomerView, type Moment } from "./store.ts";

export type Customer = { customer: CustomerView; moments: Moment[] };

/** One customer and a page of what happened, newest first. 404 for an organization that there is not. */
export function readCustomer(
  db: Db,
  input: { mode: string; org: string; limit: number; cursor: { at: Date; id: string } | null },
): Promise<Customer> {
  return withOperatorTx(db, async (tx) => {
    const customer = await findCustomerView(tx, input.mode, input.org);
    if (!customer) throw new Problem(common.not_found);
    return { customer, moments: await listMoments(tx, input) };
  });
}

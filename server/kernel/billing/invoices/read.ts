import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { Mode } from "../../ledger/index.ts";
import { findName } from "../../tenancy/index.ts";
import type { BillingDeps } from "../deps.ts";
import { invoicePdf } from "./pdf.ts";
import { findInvoice, listInvoices, type InvoiceFilter, type InvoiceRow } from "./store.ts";

type Deps = Pick<BillingDeps, "db">;

/** Newest first, one more than `limit` when there are more. From our own tables; no company is asked. */
export const readInvoices = ({ db }: Deps, org: OrgId, filter: InvoiceFilter): Promise<InvoiceRow[]> =>
  withTx(db, org, (tx) => listInvoices(tx, org, { ...filter, limit: filter.limit + 1 }));

/** 404 for another mode's, and for a draft. */
export async function readInvoice({ db }: Deps, org: OrgId, mode: Mode, id: string): Promise<InvoiceRow> {
  const row = await withTx(db, org, (tx) => findInvoice(tx, org, id));
  if (row?.mode !== mode || row.status === "draft") throw new Problem(common.not_found);
  return row;
}

/** The same as a page to print. */
export async function printInvoice(deps: Deps, org: OrgId, mode: Mode, id: string): Promise<Buffer> {
  const row = await readInvoice(deps, org, mode, id);
  const name = await withTx(deps.db, org, (tx) => findName(tx, org));
  return invoicePdf(row, name ?? "");
}

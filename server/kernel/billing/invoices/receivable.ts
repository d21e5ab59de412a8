/** What an invoice that is owed means for the books, before anybody has paid it. Pure. */
import type { Posting } from "../../ledger/index.ts";
import type { InvoiceRow } from "./store.ts";

type Owed = Pick<InvoiceRow, "id" | "mode" | "currency" | "due_minor" | "tax_minor">;

/** Of what is to be collected; the rest of it is revenue. */
export const taxOf = ({
  due_minor: due,
  tax_minor: tax,
}: Pick<InvoiceRow, "due_minor" | "tax_minor">): bigint => {
  if (tax <= 0n) return 0n;
  return tax < due ? tax : due;
};

/** The part of the tax that this part of what is due pays, rounded down. */
export const taxShare = (invoice: Pick<InvoiceRow, "due_minor" | "tax_minor">, part: bigint): bigint =>
  invoice.due_minor > 0n ? (taxOf(invoice) * part) / invoice.due_minor : 0n;

/**
 * What a change of an invoice's status posts, each under a name of its own: owed from when it is open, or is paid by a charge;
 * no more once it is void, given up, or paid elsewhere. What begins only when it is paid, a subscription or a change of one,
 * is not owed until then. Its charges move the money out of `receivable`, as they come.
 */
export function receivablePostings(
  before: InvoiceRow | null,
  row: InvoiceRow,
  isCharged: boolean,
): Posting[] {
  if (before?.status === row.status || row.due_minor <= 0n) return [];
  const wasOwed = before?.status === "open" && !beginsPaid(before);
  switch (row.status) {
    case "open":
      return beginsPaid(row) ? [] : [owed(row, "opened", 1n)];
    case "paid":
      if (isCharged)
        return before?.status === "uncollectible"
          ? [owed(row, "opened", 1n), owed(row, "closed", -1n), owed(row, "reopened", 1n)]
          : [owed(row, "opened", 1n)];
      return wasOwed ? closing(row) : [];
    case "void":
    case "uncollectible":
      return wasOwed ? closing(row) : [];
    case "draft":
      return [];
  }
}

export const beginsPaid = ({ reason }: Pick<InvoiceRow, "reason">): boolean =>
  reason === "create" || reason === "update";

/** Both, so that one whose opening nobody saw ends at nothing as well. */
const closing = (row: Owed): Posting[] => [owed(row, "opened", 1n), owed(row, "closed", -1n)];

function owed(row: Owed, what: "opened" | "closed" | "reopened", sign: 1n | -1n): Posting {
  const tax = taxOf(row);
  const entries = [
    { account: "receivable", unit: row.currency, amount: sign * row.due_minor },
    { account: "revenue", unit: row.currency, amount: -sign * (row.due_minor - tax) },
    { account: "tax", unit: row.currency, amount: -sign * tax },
  ].filter(({ amount }) => amount !== 0n);
  return { mode: row.mode, kind: `invoice.${what}`, reference: `${row.id}:${what}`, entries };
}

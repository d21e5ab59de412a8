import type { Purchases } from "./buy.ts";
import type { Books } from "./compare.ts";
import type { Product } from "./product.ts";
import type { Report } from "./report.ts";

/** Every purchase that the company was paid for is credited once, and nothing else is. */
export async function comparePurchases(
  report: Report,
  product: Product,
  books: Books,
  purchases: Purchases,
): Promise<void> {
  const charges = books.stripe.charges;
  const paidAtStripe = new Map(
    charges.map((charge) => [charge.metadata["holdfast_id"] ?? charge.id, charge]),
  );
  report.check(
    "nobody was charged twice for one purchase",
    paidAtStripe.size === charges.length ? [] : [`${charges.length} charges, ${paidAtStripe.size} purchases`],
    `${charges.length} charges`,
  );
  report.check(
    "every purchase that its page called paid is in the company's books",
    [...purchases.paid.keys()].filter((id) => !paidAtStripe.has(id)),
    `${purchases.paid.size} paid, ${purchases.abandoned} abandoned, ${purchases.begun} begun`,
  );

  const credits = await counts(product, "%:credits");
  const captured = await counts(product, "stripe:%:captured");
  const payments = await product.sql<{ id: string; amount_minor: string; status: string; charge_id: string }>(
    "select id, amount_minor, status, charge_id from billing.payments",
  );
  const rows = new Map(payments.map((row) => [row.id, row]));
  const faults: string[] = [];
  for (const [id, charge] of paidAtStripe) {
    const row = rows.get(id);
    const granted = credits.get(`${id}:credits`) ?? 0;
    const posted = [...captured].filter(([name]) => name.includes(`:${charge.id}:`));
    if (granted !== 1) faults.push(`${id}: credited ${granted} times`);
    if (posted.length !== 1) faults.push(`${id}: cash of ${charge.id} posted ${posted.length} times`);
    if (
      row?.status !== "succeeded" ||
      Number(row.amount_minor) !== charge.amount ||
      row.charge_id !== charge.id
    )
      faults.push(`${id}: ${JSON.stringify(row)} for ${charge.id} of ${charge.amount}`);
  }
  report.check("every paid purchase is credited once, its cash posted once", faults, `${paidAtStripe.size}`);
  report.check("nothing unpaid is credited", [
    ...[...credits.keys()].filter((name) => !paidAtStripe.has(name.replace(":credits", ""))),
    ...payments
      .filter(({ id, status }) => status === "succeeded" && !paidAtStripe.has(id))
      .map(({ id }) => id),
  ]);
}

/** How often each reference that matches stands in the ledger, over all organizations. */
async function counts(product: Product, like: string): Promise<Map<string, number>> {
  const rows = await product.sql<{ reference: string; n: number }>(
    "select reference, count(*)::int as n from ledger.transactions where reference like $1 group by 1",
    [like],
  );
  return new Map(rows.map(({ reference, n }) => [reference, n]));
}

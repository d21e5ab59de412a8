import { withOperatorTx, type Db } from "../../db/index.ts";

/** Jobs of one part of the product, by how they stand. */
export type ProductJobs = { product: string; completed: number; failed: number; waiting: number };

/** Jobs made in that time and still kept, by the word before their kind's dot. Any organization's. */
export const countByProduct = (db: Db, { from, to }: { from: Date; to: Date }): Promise<ProductJobs[]> =>
  withOperatorTx(db, (tx) =>
    tx.query<ProductJobs>(
      "jobs.count_by_product",
      `select split_part(kind, '.', 1) as product,
         (count(*) filter (where state in ('completed', 'partial')))::int as completed,
         (count(*) filter (where state in ('failed', 'cancelled')))::int as failed,
         (count(*) filter (where state not in ('completed', 'partial', 'failed', 'cancelled')))::int as waiting
       from platform.jobs where created_at >= $1 and created_at < $2 group by 1 order by 1`,
      [from, to],
    ),
  );

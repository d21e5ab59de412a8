import { readBalanceEvent, type BalanceRecord, type StripeApi } from "../../../../vendors/stripe/index.ts";
import { RECORDED, type ProviderBooks, type ProviderRecord } from "./provider-books.ts";

const HOUR_MS = 3_600_000;

/** Stripe's balance transactions, payouts among them. Stripe lists at once what it booked. */
export function stripeBooks(options: { stripe: StripeApi; accountId: string }): ProviderBooks {
  const { stripe, accountId } = options;
  return {
    source: "stripe",
    accountId,
    mode: stripe.mode,
    lateMs: HOUR_MS,
    listedAfterMs: 0,
    async list(range, signal) {
      const { records, hasMore } = await stripe.listBalance(range, signal);
      return { records: records.map(recordOf), next: hasMore ? (records.at(-1)?.id ?? null) : null };
    },
    find: async (objectId) => (await stripe.balanceOf(objectId)).map(recordOf),
    wrap(line) {
      const created = Math.floor(line.occurredAt.getTime() / 1000);
      const livemode = stripe.mode === "live";
      const event = { id: line.id, object: "event", type: RECORDED, created, livemode };
      return {
        envelope: {
          id: line.id,
          type: RECORDED,
          createdAt: line.occurredAt,
          livemode,
          objectId: line.id,
          root: line.id,
        },
        body: Buffer.from(JSON.stringify({ ...event, data: { object: line.record } })),
      };
    },
    unwrap: (body) => recordOf(readBalanceEvent(body)),
  };
}

const recordOf = ({ createdAt, objectId, ...row }: BalanceRecord): ProviderRecord => ({
  ...row,
  objectId: objectId ?? row.id,
  occurredAt: createdAt,
});

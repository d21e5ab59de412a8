import type { PaypalApi, PaypalDispute, PaypalTransaction } from "../../../../vendors/paypal/index.ts";
import { PaypalFault } from "../../../../vendors/paypal/index.ts";
import { addMs } from "../../../../platform/clock.ts";
import { DAY_MS } from "../runs/days.ts";
import { RECORDED, type ProviderBooks, type ProviderRecord } from "./provider-books.ts";

const HOUR_MS = 3_600_000;
/** PayPal reports no longer stretch at once. */
const WINDOW_MS = 31 * DAY_MS;
/** Pages of one question about one object. */
const MOST_PAGES = 5;

/** Done, or done and taken back by a line of its own. What is pending or denied moved nothing. */
const DONE: ReadonlySet<string> = new Set(["S", "V"]);
const REFUNDS: ReadonlySet<string> = new Set(["T1107"]);
/** Holds and their ends, reversals, chargebacks, what PayPal keeps for a case. */
const DISPUTES: ReadonlySet<string> = new Set([
  "T0106",
  "T0114",
  "T1106",
  "T1110",
  "T1111",
  "T1201",
  "T1202",
]);

type Options = { paypal: PaypalApi; accountId: string };

/** PayPal's transaction report: what it booked, listed up to three hours late. */
export function paypalBooks({ paypal, accountId }: Options): ProviderBooks {
  return {
    source: "paypal",
    accountId,
    mode: paypal.mode,
    lateMs: 4 * HOUR_MS,
    listedAfterMs: 3 * HOUR_MS,
    async list({ from, to, after }, signal) {
      const at = placeOf(after, from);
      const end = new Date(Math.min(addMs(at.from, WINDOW_MS).getTime(), to.getTime()));
      const page = await paypal.listTransactions({ from: at.from, to: end, page: at.page }, signal);
      const mine = page.transactions.filter(({ initiatedAt }) => initiatedAt >= at.from && initiatedAt < end);
      return { records: await recordsOf(paypal, mine), next: nextOf(at, page.hasMore, end, to) };
    },
    find: (objectId) => find(paypal, objectId),
    wrap(line) {
      const { id, occurredAt } = line;
      const event = {
        id,
        event_type: RECORDED,
        create_time: occurredAt.toISOString(),
        resource: textOf(line),
      };
      const livemode = paypal.mode === "live";
      return {
        envelope: { id, type: RECORDED, createdAt: occurredAt, livemode, objectId: id, root: id },
        body: Buffer.from(JSON.stringify(event)),
      };
    },
    unwrap: (body) => lineOf((JSON.parse(body.toString("utf8")) as { resource: Text }).resource),
  };
}

/** Where a reading goes on: the start of a window and a page of it. */
type Place = { from: Date; page: number };
function placeOf(after: string | null, from: Date): Place {
  const [start, page] = (after ?? "").split("/");
  return start && page ? { from: new Date(Number(start)), page: Number(page) } : { from, page: 1 };
}
function nextOf(at: Place, hasMore: boolean, end: Date, to: Date): string | null {
  if (hasMore) return `${at.from.getTime()}/${at.page + 1}`;
  return end < to ? `${end.getTime()}/1` : null;
}

/** Lines of a case name the payment; which case, and which of its movements, the case itself says. */
async function recordsOf(
  paypal: PaypalApi,
  transactions: readonly PaypalTransaction[],
): Promise<ProviderRecord[]> {
  const done = transactions.filter(({ status }) => DONE.has(status));
  const cases = new Map<string, PaypalDispute[]>();
  for (const { eventCode, referenceId } of done)
    if (DISPUTES.has(eventCode) && referenceId !== null && !cases.has(referenceId))
      cases.set(referenceId, await casesOf(paypal, referenceId));
  const taken = new Set<string>();
  return done
    .toSorted((a, b) => a.initiatedAt.getTime() - b.initiatedAt.getTime())
    .map((line) => {
      const record = recordOf(line);
      if (record.movement !== "dispute") return record;
      const found = movementOf(line, cases.get(line.referenceId ?? "") ?? [], taken);
      if (!found) return record;
      taken.add(found.line);
      return { ...record, ...found };
    });
}

/** The case named by the line, else all that were opened over the payment. */
async function casesOf(paypal: PaypalApi, referenceId: string): Promise<PaypalDispute[]> {
  const ids = await paypal.listDisputes(referenceId);
  return Promise.all(ids.map((id) => paypal.getDispute(id)));
}

const SECOND_MS = 1_000;

/** The movement of a case that a line books: same time to the second and amount, each once. */
function movementOf(
  { amountMinor, currency, initiatedAt, eventCode }: PaypalTransaction,
  cases: readonly PaypalDispute[],
  taken: ReadonlySet<string>,
): { objectId: string; line: string } | null {
  const isFee = eventCode === "T0114" || eventCode === "T0106";
  for (const { id: objectId, movements } of cases)
    for (const each of movements)
      if (
        each.amountMinor === amountMinor &&
        each.currency === currency &&
        each.isFee === isFee &&
        Math.abs(each.at.getTime() - initiatedAt.getTime()) <= SECOND_MS &&
        !taken.has(each.id)
      )
        return { objectId, line: each.id };
  return null;
}

function recordOf(line: PaypalTransaction): ProviderRecord {
  const { id, eventCode, amountMinor, currency, initiatedAt } = line;
  // PayPal writes what it keeps below zero.
  const feeMinor = -line.feeMinor;
  return {
    id,
    movement: kindOf(eventCode, amountMinor),
    objectId: id,
    amountMinor,
    feeMinor,
    netMinor: amountMinor - feeMinor,
    currency,
    occurredAt: initiatedAt,
    isFee: eventCode.startsWith("T01"),
    isPayout: eventCode.startsWith("T04"),
    record: { transaction_id: id, transaction_event_code: eventCode },
  };
}

/** T00 are payments, in when above zero; everything unknown concerns the account alone, and somebody has to look at it. */
function kindOf(code: string, amount: bigint): ProviderRecord["movement"] {
  if (DISPUTES.has(code)) return "dispute";
  if (REFUNDS.has(code)) return "refunded";
  return code.startsWith("T00") && amount > 0n ? "captured" : "account";
}

/** All that was booked for a capture, a refund or a movement of a case: around the time that the object itself tells. */
async function find(paypal: PaypalApi, objectId: string): Promise<ProviderRecord[]> {
  const at = await madeAt(paypal, objectId);
  if (!at) return [];
  const range = { from: addMs(at, -HOUR_MS), to: addMs(at, DAY_MS) };
  const signal = AbortSignal.timeout(WINDOW_PATIENCE_MS);
  const found: ProviderRecord[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { transactions, hasMore } = await paypal.listTransactions({ ...range, page }, signal);
    const records = await recordsOf(paypal, transactions);
    found.push(...records.filter(({ id, line }) => id === objectId || line === objectId));
    if (!hasMore) break;
  }
  return found;
}

const WINDOW_PATIENCE_MS = 30_000;

async function madeAt(paypal: PaypalApi, objectId: string): Promise<Date | null> {
  const asks = objectId.startsWith("PP-")
    ? [
        async () => {
          const { movements } = await paypal.getDispute(objectId.replace(/-\d+$/, ""));
          return movements.find(({ id }) => id === objectId)?.at ?? null;
        },
      ]
    : [
        async () => (await paypal.getCapture(objectId)).createdAt,
        async () => (await paypal.getRefund(objectId)).createdAt,
      ];
  for (const ask of asks) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof PaypalFault && error.kind === "not_found")) throw error;
    }
  }
  return null;
}

/** A line as text, for the inbox: amounts cannot be written in JSON otherwise. */
type Text = ReturnType<typeof textOf>;
const textOf = ({
  amountMinor,
  feeMinor,
  netMinor,
  occurredAt,
  record: _record,
  ...line
}: ProviderRecord) => ({
  ...line,
  amount_minor: String(amountMinor),
  fee_minor: String(feeMinor),
  net_minor: String(netMinor),
  occurred_at: occurredAt.toISOString(),
});
function lineOf({ amount_minor, fee_minor, net_minor, occurred_at, ...line }: Text): ProviderRecord {
  return {
    ...line,
    amountMinor: BigInt(amount_minor),
    feeMinor: BigInt(fee_minor),
    netMinor: BigInt(net_minor),
    occurredAt: new Date(occurred_at),
    record: line,
  };
}

import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { noteDeclined, noteRecovered, type Declined } from "../declined.ts";
import type { PaymentRow } from "./payment.ts";
import { updatePayments } from "./store.ts";

/**
 * Writes payments that were locked before, and notes in the ledger those that were declined: each once, whatever else it is
 * declined for, until it is paid after all. Locks balances, as the payments' own cash does.
 */
export async function savePayments(
  tx: Tx,
  org: OrgId,
  rows: readonly PaymentRow[],
  now: Date,
): Promise<void> {
  const declined = rows.filter((row) => !row.declined && row.charge_id === null && row.failure_code !== null);
  const recovered = rows.filter((row) => row.declined && row.charge_id !== null);
  const noted = new Map([
    ...declined.map((row) => [row, true] as const),
    ...recovered.map((row) => [row, false] as const),
  ]);
  await updatePayments(
    tx,
    org,
    rows.map((row) => ({ ...row, declined: noted.get(row) ?? row.declined })),
  );
  await noteDeclined(tx, org, declined.map(declinedOf), now);
  await noteRecovered(tx, org, recovered.map(declinedOf), now);
}

const declinedOf = ({ id, mode, currency, amount_minor, failure_code }: PaymentRow): Declined => ({
  id,
  mode,
  currency,
  amountMinor: amount_minor,
  code: failure_code ?? "unknown",
});

/** The account's own book: each movement of money, with the balance after it. */
import type { World } from "../../core/company.ts";
import { toMoney } from "../money.ts";

/** Why money moved, by PayPal's codes. */
export const CODES = {
  checkout: "T0006",
  subscription: "T0002",
  refund: "T1107",
  hold: "T1110",
  release: "T1111",
  reversal: "T1106",
  disputeFee: "T0114",
} as const;

export type Movement = {
  /** Its own id in the report: the capture's, the refund's, … */
  id: string;
  code: keyof typeof CODES;
  currency: string;
  /** What came (or went, below zero), before the fee. */
  gross: bigint;
  fee: bigint;
  /** What it belongs to, and what kind of id that is. */
  reference?: { id: string; type: "ODR" | "TXN" | "SUB" | "DSP" };
  invoiceId?: string | undefined;
  customId?: string | undefined;
};

export const LEDGER_TABLE = `
create table if not exists paypal_ledger (
  seq integer primary key, id text not null, code text not null, at_ms integer not null, currency text not null,
  gross text not null, fee text not null, balance text not null, reference text, reference_type text,
  invoice_id text, custom_id text);
create index if not exists paypal_ledger_at on paypal_ledger (at_ms, seq);
create index if not exists paypal_ledger_currency on paypal_ledger (currency, seq);`;

/** The balance of a currency after what happened until `atMs`, in minor units. */
export function balanceAt(world: World, currency: string, atMs: number): bigint {
  const row = world.store.get(
    "select balance from paypal_ledger where currency = ? and at_ms <= ? order by seq desc limit 1",
    currency,
    atMs,
  );
  return row === null ? 0n : BigInt(String(row["balance"]));
}

export function post(world: World, movement: Movement): void {
  const now = world.clock.now();
  const { currency, gross, fee } = movement;
  const balance = balanceAt(world, currency, now) + gross - fee;
  world.store.run(
    `insert into paypal_ledger (id, code, at_ms, currency, gross, fee, balance, reference, reference_type, invoice_id, custom_id)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    movement.id,
    CODES[movement.code],
    now,
    currency,
    gross.toString(),
    fee.toString(),
    balance.toString(),
    movement.reference?.id ?? null,
    movement.reference?.type ?? null,
    movement.invoiceId ?? null,
    movement.customId ?? null,
  );
}

/** `2014-07-11T04:03:52+0000`, as reports write times. */
export const reportTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+0000`;

export function movementShown(row: Record<string, unknown>, accountId: string): Record<string, unknown> {
  const currency = String(row["currency"]);
  const money = (name: string) => toMoney(BigInt(String(row[name])), currency);
  const at = reportTime(Number(row["at_ms"]));
  const optional = {
    paypal_reference_id: row["reference"],
    paypal_reference_id_type: row["reference_type"],
    invoice_id: row["invoice_id"],
    custom_field: row["custom_id"],
  };
  const fee = BigInt(String(row["fee"]));
  return {
    transaction_info: {
      paypal_account_id: accountId,
      transaction_id: row["id"],
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
      transaction_event_code: row["code"],
      transaction_initiation_date: at,
      transaction_updated_date: at,
      transaction_amount: money("gross"),
      ...(fee === 0n ? {} : { fee_amount: toMoney(-fee, currency) }),
      transaction_status: "S",
      ending_balance: money("balance"),
      available_balance: money("balance"),
      protection_eligibility: "01",
    },
  };
}

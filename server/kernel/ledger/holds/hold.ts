import type { HoldId } from "../../../platform/ids.ts";
import type { Problem } from "../../../platform/problem.ts";
import type { Mode, Unit } from "../book/entry.ts";

/** Asks that `amount` be set aside until it is settled. The caller makes the id, so that it can name it before the commit. */
export type HoldRequest = {
  id: HoldId;
  mode: Mode;
  unit: Unit;
  /** The module that asks, and whose reconciler answers when the deadline passes. */
  owner: string;
  /** In the unit's smallest parts; zero for what costs nothing and is a hold like any other all the same. */
  amount: bigint;
  /** 1 s to 30 days ahead. */
  deadlineAt: Date;
};

/**
 * Why the module that asks does not hold, though there may be credits: a bound of its own. `roomMicros` is what that bound
 * would let pass; null when no smaller amount would.
 */
export type Refusal = { problem: Problem; roomMicros: bigint | null };

/**
 * Judges the holds of one transaction by bounds of the module that asks, each before the credits are looked at. Its rows
 * were read under the lock of the wallets, so it is alone with the organization's holds.
 */
export type Gate = {
  /** Of the hold at this place of the batch; null lets it pass. */
  judge(at: number): Refusal | null;
  /** The hold at this place is held, and counts for those after it. */
  held(at: number): void;
  /** Writes what the gate has to remember, all statements at once; the ledger's own were sent before. */
  end(): Promise<void>;
};

/** `availableMicros`: what could have been held instead. `refused`: by a bound of the caller's own. */
export type HoldResult =
  | { holdId: HoldId; held: true }
  | { holdId: HoldId; held: false; availableMicros: bigint; refused?: Problem };

/** How well the cost is known. `reported` and `reconciled` are stronger than `estimated`, that than `none`. */
export type Basis = "none" | "estimated" | "reported" | "reconciled";

/** What a hold really cost. */
export type Settlement = {
  holdId: HoldId;
  /** Exact cost in 10⁻¹⁰ of the unit's smallest part: for credits 10⁻¹⁸ USD. 0 releases the hold. */
  amountAtto: bigint;
  basis: Basis;
  /**
   * Cost above the hold: `refuse` changes nothing and answers `exceeds_hold`; `available` takes it from what is available
   * and books the rest to the loss account; `write_off` books all of it there; `demand` takes it from what is available, or
   * changes nothing and answers `insufficient`.
   */
  excess: "refuse" | "available" | "write_off" | "demand";
  /** Which loss account bears what the customer does not; `gateway_writeoff` if not said. */
  lossAccount?: string;
};

/** How a hold stands after a settlement. In the unit's smallest parts. */
export type Settled = {
  holdId: HoldId;
  /** `released` when the cost was exactly zero. */
  state: "captured" | "released";
  /** All that the customer paid for this hold, `excessMicros` included. */
  capturedMicros: bigint;
  /** Part of the hold that the customer got back. */
  releasedMicros: bigint;
  /** Paid beyond the hold, from what was available. */
  excessMicros: bigint;
  /** Borne by the loss account. */
  writtenOffMicros: bigint;
  /** The last transaction that this hold's settlement posted. */
  transactionId: string | null;
  /** True when this call changed something; false when it found the hold settled and returns that result. */
  first: boolean;
};
export type SettleResult = Settled | { holdId: HoldId; error: "not_found" | "exceeds_hold" | "insufficient" };

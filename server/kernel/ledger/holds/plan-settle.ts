/** Pure: settles one hold of a loaded book, the first time or with a stronger basis. */
import type { HoldId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import {
  available,
  giveBack,
  grantOf,
  min,
  record,
  spend,
  sum,
  takeBack,
  type Book,
  type BookHold,
} from "../book/book.ts";
import type { Part } from "../book/book.ts";
import { splitCost } from "./carry.ts";
import { CREDIT_ACCOUNTS } from "../book/entry.ts";
import type { Basis, Settled, Settlement, SettleResult } from "./hold.ts";

const DEFAULT_LOSS_ACCOUNT = "gateway_writeoff";
const STRENGTH: Record<Basis, number> = { none: 0, estimated: 1, reported: 2, reconciled: 2 };
/** 10¹⁸ micros; keeps every sum within int8. */
const MAX_COST_ATTO = 10n ** 28n;

/** Throws for a settlement that no caller may make. */
export function checkSettlement(settlement: Settlement): void {
  const { amountAtto, lossAccount } = settlement;
  assert(amountAtto >= 0n && amountAtto <= MAX_COST_ATTO, "a cost is between 0 and 10^28");
  assert(
    !(CREDIT_ACCOUNTS as readonly string[]).includes(lossAccount ?? ""),
    "a loss account is none of the credit accounts",
  );
}

/** Late captures count: an expired hold settles like a pending one. */
export function planSettle(book: Book, settlement: Settlement): SettleResult {
  checkSettlement(settlement);
  const hold = book.holds.get(settlement.holdId);
  if (!hold) return { holdId: settlement.holdId, error: "not_found" };
  const open = hold.state === "pending" || hold.state === "expired";
  if (!open && STRENGTH[settlement.basis] <= STRENGTH[hold.basis ?? "none"]) return resultOf(hold, false);
  if (settlement.excess === "refuse" && settlement.amountAtto > hold.amount * ATTO_PER_MICRO) {
    return { holdId: settlement.holdId, error: "exceeds_hold" };
  }
  if (
    settlement.excess === "demand" &&
    settlement.amountAtto > (hold.amount + available(book)) * ATTO_PER_MICRO
  )
    return { holdId: settlement.holdId, error: "insufficient" };
  const transactionId = open ? settleOpen(book, hold, settlement) : settleAgain(book, hold, settlement);
  hold.transactionId = transactionId ?? hold.transactionId;
  hold.costAtto = settlement.amountAtto;
  hold.basis = settlement.basis;
  hold.state = settlement.amountAtto === 0n ? "released" : "captured";
  book.changedHolds.add(hold);
  return resultOf(hold, true);
}

function resultOf(hold: BookHold, first: boolean): Settled {
  const fromHold = min(hold.captured, hold.amount);
  return {
    holdId: hold.id as HoldId,
    state: hold.state === "captured" ? "captured" : "released",
    capturedMicros: hold.captured,
    releasedMicros: hold.amount - fromHold,
    excessMicros: hold.captured - fromHold,
    writtenOffMicros: hold.writtenOff,
    transactionId: hold.transactionId,
    first,
  };
}

/** held −x, used +cost, wallet +rest; parts of expired or clawed-back grants go where those go. */
function settleOpen(book: Book, hold: BookHold, settlement: Settlement): string | null {
  const walletBefore = book.wallet;
  const { micros: cost, carry } = splitCost(book.carryAtto, settlement.amountAtto, 0n);
  book.carryAtto = carry;
  const fromHold = min(cost, hold.amount);
  const ended = endParts(book, hold, fromHold);
  const over = cost - fromHold;
  const extra = settlement.excess === "write_off" ? [] : spend(book, over);
  addParts(book, hold, extra);
  hold.captured = fromHold + sum(extra);
  hold.writtenOff = cost - hold.captured;
  takeBack(book, ended.owed);
  return record(book, settlement.amountAtto === 0n ? "release" : "capture", `${hold.id}:settled`, {
    held: -hold.amount,
    used: cost,
    expired: ended.expired,
    clawback: ended.clawedBack + ended.owed,
    ...loss(hold, settlement, -hold.writtenOff),
    wallet: book.wallet - walletBefore,
  });
}

/**
 * Ends the hold on its parts, the first `captured` of them for good. A grant being clawed back loses what is freed first;
 * what it can no longer lose, since it was captured, is owed.
 */
function endParts(book: Book, hold: BookHold, captured: bigint) {
  const ended = { expired: 0n, clawedBack: 0n, owed: 0n };
  let left = captured;
  for (const part of hold.parts) {
    const grant = grantOf(book, part.grantId);
    const taken = min(left, part.amount);
    left -= taken;
    const freed = part.amount - taken;
    const clawed = min(freed, grant.clawPending);
    grant.held -= part.amount;
    grant.remaining -= taken + clawed;
    grant.clawPending -= clawed;
    ended.clawedBack += clawed;
    ended.expired += giveBack(book, grant, freed - clawed).expired;
    if (grant.clawPending > grant.held) {
      ended.owed += grant.clawPending - grant.held;
      grant.clawPending = grant.held;
    }
  }
  return ended;
}

/** Posts the difference to a stronger cost. More comes from what is available, less goes back to where it came from. */
function settleAgain(book: Book, hold: BookHold, settlement: Settlement): string | null {
  const walletBefore = book.wallet;
  const { captured, writtenOff } = hold;
  const difference = settlement.amountAtto - hold.costAtto;
  const { micros, carry } = splitCost(book.carryAtto, difference, captured + writtenOff);
  book.carryAtto = carry;
  let expired = 0n;
  if (micros > 0n) {
    const room = hold.amount > captured ? hold.amount - captured : 0n;
    const extra = spend(book, settlement.excess === "write_off" ? min(micros, room) : micros);
    hold.parts = [...firstParts(hold.parts, captured), ...extra];
    hold.captured += sum(extra);
    hold.writtenOff += micros - sum(extra);
  } else if (micros < 0n) {
    const unwritten = min(-micros, writtenOff);
    hold.writtenOff -= unwritten;
    hold.captured -= -micros - unwritten;
    const kept = firstParts(hold.parts, captured);
    hold.parts = firstParts(kept, hold.captured);
    expired = returnParts(book, kept, hold.captured);
  }
  if (micros !== 0n) book.rewrittenParts.add(hold);
  return record(book, "recapture", `${hold.id}:resettled:${settlement.basis}`, {
    used: micros,
    expired,
    ...loss(hold, settlement, writtenOff - hold.writtenOff),
    wallet: book.wallet - walletBefore,
  });
}

/** Gives back all of `parts` beyond the first `kept`; says how much of it went to `expired`. */
function returnParts(book: Book, parts: readonly Part[], kept: bigint): bigint {
  let expired = 0n;
  let left = kept;
  for (const part of parts) {
    const stays = min(left, part.amount);
    left -= stays;
    const back = part.amount - stays;
    if (back === 0n) continue;
    const grant = grantOf(book, part.grantId);
    grant.remaining += back;
    expired += giveBack(book, grant, back).expired;
  }
  return expired;
}

function firstParts(parts: readonly Part[], amount: bigint): Part[] {
  const first: Part[] = [];
  let left = amount;
  for (const part of parts) {
    if (left === 0n) break;
    const taken = min(left, part.amount);
    first.push({ grantId: part.grantId, amount: taken });
    left -= taken;
  }
  return first;
}

function addParts(book: Book, hold: BookHold, parts: Part[]): void {
  if (parts.length === 0) return;
  book.addedParts.set(hold, hold.parts.length);
  hold.parts = [...hold.parts, ...parts];
}

/** A hold keeps the loss account of its first write-off, so that a correction returns to the same. */
function loss(hold: BookHold, settlement: Settlement, amount: bigint): Record<string, bigint> {
  if (amount === 0n) return {};
  hold.lossAccount ??= settlement.lossAccount ?? DEFAULT_LOSS_ACCOUNT;
  return { [hold.lossAccount]: amount };
}

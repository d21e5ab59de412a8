import { ATTO_PER_MICRO } from "../../../platform/money.ts";

/**
 * Turns an exact cost into whole micros and a carried fraction: `micros × 10¹⁰ + carry` is always the carry before plus
 * `costAtto`, so that sums never drift. `carry` stays within [0, 10¹⁰), except that it goes below zero rather than give
 * back more than `returnable`.
 */
export function splitCost(
  carry: bigint,
  costAtto: bigint,
  returnable: bigint,
): { micros: bigint; carry: bigint } {
  const total = carry + costAtto;
  const floor = floorDiv(total, ATTO_PER_MICRO);
  const micros = floor < -returnable ? -returnable : floor;
  return { micros, carry: total - micros * ATTO_PER_MICRO };
}

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

import type { OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { Mode, Unit } from "./entry.ts";

export type GrantKind = "plan" | "trial" | "gift" | "purchase" | "adjustment";

export type NewGrant = {
  mode: Mode;
  unit: Unit;
  kind: GrantKind;
  /** Above zero, in the unit's smallest parts. */
  amount: bigint;
  /** Names our row that gives it, once for ever (`pay_5:credits`). */
  reference: string;
  /** 0 to 100, default 50; lower is spent first. */
  priority?: number;
  expiresAt?: Date | null;
};
export type Granted = { reference: string; grantId: string; granted: boolean };

/**
 * Gives credits: issued −x, wallet +x per grant, under its reference. A debt is paid first. A reference that exists is
 * skipped (`granted: false`, the first grant's id).
 */
export async function grant(
  _tx: Tx,
  _org: OrgId,
  _grants: readonly NewGrant[],
  _now: Date,
): Promise<Granted[]> {
  throw new Error("being built");
}

import type { OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { GrantKind } from "./grant.ts";
import type { Entry, Mode, Unit } from "./entry.ts";

/** `settled` = `held` + `available`; it does not dip while something is held. In the unit's smallest parts. */
export type Balance = {
  unit: Unit;
  settled: bigint;
  held: bigint;
  available: bigint;
  /** Clawed back beyond what there was; the next grants pay it first. */
  debt: bigint;
  /** Open holds. */
  heldCount: number;
};

export type GrantRow = {
  id: string;
  unit: Unit;
  kind: GrantKind;
  reference: string;
  priority: number;
  amount: bigint;
  remaining: bigint;
  held: bigint;
  expiresAt: Date | null;
  createdAt: Date;
};

export type TransactionRow = {
  id: string;
  mode: Mode;
  kind: string;
  reference: string;
  postedAt: Date;
  entries: Entry[];
};

export type TransactionFilter = {
  unit?: Unit | undefined;
  kind?: string | undefined;
  /** Inclusive. */
  from?: Date | undefined;
  /** Exclusive. */
  to?: Date | undefined;
  limit: number;
  /** The last row's id and time of the page before. */
  cursor?: { at: Date; id: string } | null | undefined;
};

/** One row per unit that the organization ever held credits or a budget in. */
export async function balances(_tx: Tx, _org: OrgId, _mode: Mode, _now: Date): Promise<Balance[]> {
  throw new Error("being built");
}

/** Grants with something left, in the order in which they are spent; at most 200. */
export async function listGrants(
  _tx: Tx,
  _org: OrgId,
  _filter: { mode: Mode; unit: Unit },
  _now: Date,
): Promise<GrantRow[]> {
  throw new Error("being built");
}

/** Newest first, with entries. */
export async function listTransactions(
  _tx: Tx,
  _org: OrgId,
  _mode: Mode,
  _filter: TransactionFilter,
): Promise<{ rows: TransactionRow[]; hasMore: boolean }> {
  throw new Error("being built");
}

/** Throws 404 for one that does not exist in this mode. */
export async function getTransaction(
  _tx: Tx,
  _org: OrgId,
  _mode: Mode,
  _id: string,
): Promise<TransactionRow> {
  throw new Error("being built");
}

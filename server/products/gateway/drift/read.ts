import { withSystemTx } from "../../../platform/db/index.ts";
import type { Gateway } from "../settling/state.ts";
import { ratioOf } from "./drift.ts";
import { listDrifts, type DriftRow } from "./store.ts";

/** Every provider's models as last judged. */
export async function readDrifts({ deps }: Gateway): Promise<(DriftRow & { ratio: number })[]> {
  const rows = await withSystemTx(deps.db, listDrifts);
  return rows.map((row) => ({ ...row, ratio: ratioOf(row) }));
}

import { withTx, type Db } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { Connection } from "./connection.ts";
import { findConnection } from "./store.ts";

/** The organization's issuer; 404 without one. */
export async function getConnection(db: Db, orgId: OrgId): Promise<Connection> {
  const connection = await withTx(db, orgId, (tx) => findConnection(tx, orgId));
  if (!connection) throw new Problem(common.not_found);
  return connection;
}

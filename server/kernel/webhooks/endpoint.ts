import type { WebhooksEndpoints } from "../../../db/rows.ts";
import { withSystemTx, type Narrowed, type Tx } from "../../platform/db/index.ts";
import { newId, type Id } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import { audit, INSTALLATION } from "../identity/index.ts";
import type { InboxDeps } from "./deps.ts";
import type { Mode } from "./event.ts";
import type { Source } from "./source.ts";

export type EndpointRow = Narrowed<WebhooksEndpoints, { id: Id<"whe">; mode: Mode }>;

/** A change by an operator reaches every process within this time. */
const KNOWN_MS = 1_000;

export type Endpoints = {
  /** The default endpoint of a source, or null when it is unknown or switched off. */
  of(source: Source): Promise<EndpointRow | null>;
};

/** Default endpoints as they were at most a second ago; one reading at a time. */
export function createEndpoints({ db }: Pick<InboxDeps, "db">): Endpoints {
  let known: EndpointRow[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  const read = async () => {
    known = await withSystemTx(db, listEndpoints);
    readAt = performance.now();
  };
  return {
    async of(source) {
      if (performance.now() - readAt > KNOWN_MS) {
        reading ??= read().finally(() => (reading = null));
        await reading;
      }
      const row = known.find(
        ({ source: name, account_id, mode }) =>
          name === source.name && account_id === source.accountId && mode === source.mode,
      );
      return row?.enabled ? row : null;
    },
  };
}

/** Makes the rows that are missing, one per source. Racing processes make one. */
export async function ensureEndpoints({ db, clock, sources, maxAttempts }: InboxDeps): Promise<void> {
  await withSystemTx(db, async (tx) => {
    for (const { name, accountId, mode } of sources)
      await tx.query(
        "webhooks.endpoint_insert",
        `insert into webhooks.endpoints (id, source, account_id, mode, max_attempts, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        [newId("whe"), name, accountId, mode, maxAttempts, clock.now()],
      );
  });
}

export function listEndpoints(tx: Tx): Promise<EndpointRow[]> {
  return tx.query("webhooks.endpoints", "select * from webhooks.endpoints order by id limit 100");
}

/** Changes what is given; 404 for an endpoint that does not exist. */
export function changeEndpoint(
  { db, clock }: Pick<InboxDeps, "db" | "clock">,
  id: string,
  change: { enabled?: boolean | undefined; maxAttempts?: number | undefined },
  actorId: string,
): Promise<EndpointRow> {
  return withSystemTx(db, async (tx) => {
    const [row] = await tx.query<EndpointRow>(
      "webhooks.endpoint_change",
      `update webhooks.endpoints set enabled = coalesce($2, enabled), max_attempts = coalesce($3, max_attempts)
       where id = $1 returning *`,
      [id, change.enabled ?? null, change.maxAttempts ?? null],
    );
    if (!row) throw new Problem(common.not_found);
    await audit(tx, clock.now(), {
      orgId: INSTALLATION,
      actorId,
      action: "endpoint.changed",
      targetId: id,
      detail: { source: row.source, enabled: row.enabled, max_attempts: row.max_attempts },
    });
    return row;
  });
}

import { personIn, type Http } from "../../../platform/http/index.ts";
import type { Jobs } from "../../../platform/jobs/index.ts";
import type { Inbox } from "../inbox.ts";
import type { BackfillRow } from "./backfill.ts";
import { BACKFILL_JOB } from "./jobs.ts";
import * as schemas from "./schemas.ts";

const OPERATOR = { tag: "Inbox", access: { least: "operator" } } as const;
const BASE = "/api/admin/backfills";

/** Readings of the companies' lists, for operators. */
export function backfillRoutes(http: Http, inbox: Inbox, jobs: Pick<Jobs, "enqueue">): void {
  const present = ({ from_at: from, to_at: to, ...row }: BackfillRow) => ({
    ...row,
    from,
    to,
    known: Math.max(0, row.listed - row.new),
  });
  http.operation({
    ...OPERATOR,
    method: "POST",
    path: BASE,
    id: "createBackfill",
    summary: "Reads an account's own list of events and stores what was never delivered, as a job",
    idempotent: true,
    body: schemas.backfillInput,
    answer: { status: 202, schema: schemas.backfill },
    async handle({ actor, body, operationId }) {
      const by = { actorId: personIn(actor), operationId };
      const input = { accountId: body.account_id, from: body.from, to: body.to, types: body.types };
      const row = await inbox.requestBackfill(input, by, (tx, id) =>
        jobs.enqueue(tx, {
          kind: BACKFILL_JOB,
          orgId: null,
          payload: { backfill_id: id },
          createdBy: by.actorId,
        }),
      );
      return present(row);
    },
  });
  http.operation({
    ...OPERATOR,
    method: "GET",
    path: `${BASE}/:id`,
    id: "getBackfill",
    summary: "How far a reading is: listed, new, known",
    params: schemas.backfillParams,
    answer: { status: 200, schema: schemas.backfill },
    handle: async ({ params }) => present(await inbox.backfillOf(params.id)),
  });
}

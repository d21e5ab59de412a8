import { openCursor, pageOf, personIn, type Http } from "../../../platform/http/index.ts";
import { acceptProofBreak } from "./breaks/accept.ts";
import type { ProofDeps } from "./deps.ts";
import { readBreaks, readDays, readRuns } from "./read.ts";
import * as schemas from "./schemas.ts";
import { startProof } from "./start-run.ts";

const operator = { tag: "Operator", access: { least: "operator" } } as const;

/** The daily proof, for operators: its days, runs and breaks. */
export function proofRoutes(http: Http, deps: ProofDeps): void {
  const { gateway } = deps;
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/llm/proof/days",
    id: "listProofDays",
    summary:
      "What model calls cost by our rows, beside the ledger and the providers' own figures, per UTC day",
    query: schemas.daysQuery,
    answer: { status: 200, schema: schemas.proofDays },
    handle: async ({ actor, query }) => ({ data: await readDays(gateway, actor.mode, query) }),
  });
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/llm/proof/runs",
    id: "listProofRuns",
    summary: "The last proofs, newest first",
    answer: { status: 200, schema: schemas.proofRuns },
    handle: async () => ({ data: await readRuns(gateway) }),
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/admin/llm/proof/runs",
    id: "startProofRun",
    summary: "Prove one of the last 30 UTC days that have ended",
    idempotent: true,
    body: schemas.runInput,
    answer: { status: 202, schema: schemas.proofRun },
    handle: ({ actor, body: { day } }) => startProof(deps, { day, by: personIn(actor) }),
  });
  breakRoutes(http, deps);
}

function breakRoutes(http: Http, { gateway }: ProofDeps): void {
  http.operation({
    ...operator,
    method: "GET",
    path: "/api/admin/llm/proof/breaks",
    id: "listProofBreaks",
    summary: "What does not agree in the daily proof, newest first",
    query: schemas.breaksQuery,
    answer: { status: 200, schema: schemas.proofBreaks },
    async handle({ actor: { mode }, query: { state = null, limit, cursor } }) {
      const filter = { mode, state, limit: limit + 1, cursor: openCursor(cursor) };
      const rows = await readBreaks(gateway, filter);
      return pageOf(rows, limit, schemas.presentBreak, (row) => [row.first_seen_at, row.id]);
    },
  });
  http.operation({
    ...operator,
    method: "POST",
    path: "/api/admin/llm/proof/breaks/:id/accept",
    id: "acceptProofBreak",
    summary: "Keep a break as it is for good, with a note why",
    idempotent: true,
    params: schemas.breakParams,
    body: schemas.acceptInput,
    answer: { status: 200, schema: schemas.proofBreak },
    async handle({ actor, params: { id }, body: { note } }) {
      const row = await acceptProofBreak(gateway, { id, mode: actor.mode, note, by: personIn(actor) });
      return schemas.presentBreak(row);
    },
  });
}

/** Calls about what model calls cost on every side. */
import { newId } from "../../server/platform/ids.ts";
import type { TestApp } from "../harness/app.ts";
import type { Example } from "./examples.ts";

const DAY_MS = 86_400_000;
const dayAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

let days = 0;
/** Something that does not agree; a new one each time. */
async function aBreak(app: TestApp): Promise<string> {
  const id = newId("brk");
  await app.sql(
    `insert into gateway.proof_breaks (id, day, mode, kind, subject, state, amount_usd, ours_usd, theirs_usd, calls,
       examples, first_seen_at, seen_at)
     values ($1, '2026-01-01', 'test', 'provider_amount', $1, 'open', 1, 2, 1, 3, '["req_1"]', now(), now())`,
    [id],
  );
  return id;
}

export const proofExamples: Record<string, Example> = {
  clearLlmCache: {},
  listPriceDrifts: {},
  getUsageWhatIf: { given: () => ({ query: { to_model: "sandbox/echo" } }) },
  listProofDays: { given: () => ({ query: { from: dayAgo(7), to: dayAgo(1) } }) },
  listProofRuns: {},
  // Each another day: one that is being proven is refused.
  startProofRun: { given: () => ({ body: { day: dayAgo(1 + ((days += 1) % 29)) } }) },
  listProofBreaks: {},
  acceptProofBreak: {
    given: async (app) => ({ params: { id: await aBreak(app) }, body: { note: "Sweep" } }),
  },
};

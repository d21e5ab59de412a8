import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { BREAK_STATES, type BreakRow } from "./breaks/store.ts";
import { BREAK_KINDS } from "./finding.ts";

const day = z.iso.date().meta({ description: "A UTC day" });
const usd = (description: string) => z.string().meta({ description: `${description}, exact USD` });
const mode = z.enum(["test", "live"]);

export const proofRun = z
  .object({
    id: idParam("run"),
    day,
    nightly: z.boolean(),
    state: z.enum(["queued", "running", "completed", "failed"]),
    breaks: z.int().meta({ description: "Open ones of the day when it ended" }),
    created_by: z.string().nullable(),
    created_at: instant,
    finished_at: instant.nullable(),
  })
  .meta({ id: "ProofRun" });
export const proofRuns = z.object({ data: z.array(proofRun) }).meta({ id: "ProofRunList" });
export const runInput = z.strictObject({ day }).meta({ id: "NewProofRun" });

export const daysQuery = z.strictObject({ from: day, to: day });
export const proofDays = z
  .object({
    data: z.array(
      z.object({
        day,
        side: z.string().meta({ description: "`ledger`, or a provider's id" }),
        source: z.enum(["ledger", "activity", "generations", "none"]).meta({
          description:
            "Where the other figure is from: the ledger, the provider's figure of the day, single calls looked up there; none: it tells none",
        }),
        calls: int64,
        checked: int64.meta({ description: "Calls that the other figure covers" }),
        ours_usd: usd("By our own rows; of single calls those that were checked"),
        theirs_usd: usd("By the other side").nullable(),
        proven_at: instant,
      }),
    ),
  })
  .meta({ id: "ProofDays" });

export const breakParams = z.object({ id: idParam("brk") });
export const breaksQuery = z.strictObject({ ...listQuery, state: z.enum(BREAK_STATES).optional() });
export const acceptInput = z.strictObject({ note: text(500) }).meta({ id: "ProofBreakAcceptance" });
export const proofBreak = z
  .object({
    id: idParam("brk"),
    day,
    mode,
    kind: z.enum(BREAK_KINDS),
    subject: z.string().meta({ description: "The organization or provider" }),
    state: z.enum(BREAK_STATES),
    amount_usd: usd("What is at stake"),
    ours_usd: usd("By our own rows"),
    theirs_usd: usd("By the ledger or the provider"),
    calls: z.int(),
    examples: z.array(z.string()).meta({ description: "Some of the calls" }),
    first_seen_at: instant,
    seen_at: instant,
    resolved_at: instant.nullable(),
    resolved_by: z.string().nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: "ProofBreak" });
export const proofBreaks = listAnswer(proofBreak).meta({ id: "ProofBreakList" });
export const presentBreak = ({ told_at: _told, ...row }: BreakRow) => row;

import { z } from "zod";
import { idParam, instant, int64, listAnswer, listQuery, sealCursor } from "../../../platform/http/index.ts";
import type { AuditFilter, AuditRow } from "./store.ts";
import type { Verdict } from "./verify.ts";

const word = z.string().min(1).max(100);
const filters = {
  actor: word.optional().meta({ description: "Id of a person, key or client; system" }),
  action: word.optional().meta({ description: "An action, or the noun before its dot" }),
  target: word.optional().meta({ description: "Id of what was changed" }),
  from: instant.optional().meta({ description: "Inclusive" }),
  to: instant.optional().meta({ description: "Exclusive" }),
};
export const trailInput = z.strictObject({ ...listQuery, ...filters });
export const trailsInput = z.strictObject({ ...listQuery, ...filters, org: idParam("org").optional() });

const entryAnswer = z
  .object({
    id: z.string(),
    org_id: z.string(),
    actor_id: z.string(),
    action: z.string(),
    target_id: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    personal: z
      .record(z.string(), z.string().nullable())
      .meta({ description: "Personal text by field; null once the person was erased" }),
    created_at: instant,
    seq: int64.nullable().meta({ description: "Place in the chain; null while it waits for one" }),
  })
  .meta({ id: "AuditEntry" });
export const trailAnswer = listAnswer(entryAnswer);

const headAnswer = z.object({ seq: int64, hash: z.string().meta({ description: "SHA-256, hex" }) });
export const verdictAnswer = z
  .object({
    ok: z.boolean(),
    checked: z.int().meta({ description: "Entries whose link was recomputed" }),
    head: headAnswer.nullable(),
    signed_head: headAnswer
      .extend({
        day: z.string(),
        key_version: z.int(),
        signature: z.string().meta({ description: "Ed25519 over the canonical head, base64" }),
        signed_at: instant,
      })
      .nullable(),
    first_bad: z
      .object({
        seq: int64,
        entry_id: z.string(),
        reason: z.enum(["changed", "removed", "personal_text_changed", "signed_head_differs"]),
      })
      .optional(),
  })
  .meta({ id: "AuditVerdict" });

export const exportParams = z.object({ id: idParam("job") });
export const exportAnswer = z
  .object({
    job_id: z.string(),
    url: z.string().meta({ description: "Where the finished export is, for an hour" }),
  })
  .meta({ id: "AuditExport" });

type FilterInput = { [K in keyof AuditFilter]?: NonNullable<AuditFilter[K]> | undefined };
export const filterOf = ({ actor, action, target, from, to }: FilterInput): AuditFilter => ({
  actor: actor ?? null,
  action: action ?? null,
  target: target ?? null,
  from: from ?? null,
  to: to ?? null,
});

/** `rows` hold one more than the page when there is a next one. */
export function presentPage(rows: AuditRow[], limit: number): z.output<typeof trailAnswer> {
  const data = rows.slice(0, limit);
  const last = rows.length > limit ? data.at(-1) : undefined;
  return {
    data,
    has_more: last !== undefined,
    next_cursor: last ? sealCursor(last.created_at, last.id) : null,
  };
}

export function presentVerdict(verdict: Verdict): z.output<typeof verdictAnswer> {
  const { ok, checked, head, signedHead, firstBad } = verdict;
  return {
    ok,
    checked,
    head: head && { seq: head.seq, hash: head.hash.toString("hex") },
    signed_head: signedHead && {
      seq: signedHead.seq,
      hash: signedHead.hash.toString("hex"),
      day: signedHead.day,
      key_version: signedHead.keyVersion,
      signature: signedHead.signature.toString("base64"),
      signed_at: signedHead.signedAt,
    },
    ...(firstBad && {
      first_bad: { seq: firstBad.seq, entry_id: firstBad.entryId, reason: firstBad.reason },
    }),
  };
}

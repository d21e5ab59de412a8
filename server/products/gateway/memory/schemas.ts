import { z } from "zod";
import { idParam, instant, listAnswer, listQuery, text } from "../../../platform/http/index.ts";
import { MAX_PROJECT } from "../call/own-options.ts";
import { SCOPES } from "./call/option.ts";
import type { Fact } from "./facts/fact.ts";
import { MOST_TEXT } from "./learn/notes.ts";

const KINDS = ["fact", "preference"] as const;
const kind = z.enum(KINDS).meta({ description: "preference: how the person wants to be answered" });
const project = z.string().min(1).max(MAX_PROJECT);
const words = text(MOST_TEXT);

export const factParams = z.object({ id: idParam("mem") });
export const newFact = z
  .strictObject({
    text: words,
    kind: kind.default("fact"),
    project_id: project.optional().meta({ description: "Left out: of no project" }),
  })
  .meta({ id: "NewMemory" });
export const factChange = z
  .strictObject({ text: words.optional(), kind: kind.optional() })
  .refine((change) => Object.keys(change).length > 0, "must change something")
  .meta({ id: "MemoryChange" });

/** Without its text: answers of what is made are kept for retries, and what is forgotten must be gone from there too. */
export const madeAnswer = z.object({ id: z.string() }).meta({ id: "MemoryMade" });

const fact = {
  id: z.string(),
  version: z.int().meta({ description: "From 1; each change makes the next" }),
  text: z.string(),
  kind,
  scope: z.enum(SCOPES),
  project_id: z.string().nullable(),
  source: z.enum(["said", "written"]).meta({ description: "said: heard in a call; written: by the person" }),
  importance: z.number().meta({ description: "0 to 1; it grows by use and fades without" }),
  used_at: instant.meta({ description: "When it was last said, recalled or changed" }),
  valid_from: instant,
};
export const factAnswer = z.object(fact).meta({ id: "Memory" });
export const factsQuery = z.strictObject({
  ...listQuery,
  q: z
    .string()
    .min(1)
    .max(MOST_TEXT)
    .optional()
    .meta({ description: "Only those whose text has this in it" }),
  kind: kind.optional(),
  project_id: project.optional(),
});
export const factList = listAnswer(factAnswer).meta({ id: "MemoryList" });
export const deletedAnswer = z.object({ deleted: z.int() }).meta({ id: "MemoryDeleted" });

export const exportQuery = z.strictObject({ ...listQuery, limit: listQuery.limit.default(100) });
export const exportAnswer = listAnswer(
  z.object({ ...fact, valid_to: instant.nullable() }).meta({ id: "MemoryVersion" }),
).meta({ id: "MemoryExport" });

const choice = z.enum([...SCOPES, "off"]).nullable();
export const settingsInput = z
  .strictObject({
    own: choice.meta({
      description:
        "off counts whatever a call, a key or the organization says; null: as those have it, which is off unless they say so",
    }),
  })
  .meta({ id: "MemoryChoice" });
export const settingsAnswer = z
  .object({
    own: choice,
    organization: z.enum(SCOPES).nullable().meta({ description: "What the policy lays down" }),
  })
  .meta({ id: "MemorySettings" });

export const presentFact = ({ project_id: projectId, importance, ...rest }: Fact) => ({
  id: rest.id,
  version: rest.version,
  text: rest.text,
  kind: rest.kind,
  scope: projectId === "" ? ("user" as const) : ("project" as const),
  project_id: projectId === "" ? null : projectId,
  source: rest.source,
  importance: Math.round(importance * 1_000) / 1_000,
  used_at: rest.used_at,
  valid_from: rest.valid_from,
});
export const presentVersion = (version: Fact) => ({ ...presentFact(version), valid_to: version.valid_to });

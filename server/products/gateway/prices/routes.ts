import { z } from "zod";
import { instant, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { decidePrices } from "./decide.ts";
import { readVersions } from "./read.ts";
import { FORMATS } from "./formats.ts";
import { importPrices } from "./import.ts";
import { refreshPrices } from "./refresh.ts";

const FILE_LIMIT = 8 * 1024 * 1024;
const version = z
  .object({
    version: z.string(),
    provider: z.string(),
    state: z.enum(["draft", "active", "retired", "rejected"]),
    source: z.enum(["config", "models", "import", "markup", "operator"]),
    created_at: instant,
    decided_at: instant.nullable(),
    decided_by: z.string().nullable(),
    reason: z.enum(["superseded"]).nullable().meta({
      description: "Of a draft that never counted: the provider listed other prices before anybody decided",
    }),
  })
  .meta({ id: "PriceVersion" });
const usd = (description: string) => z.string().meta({ description });
const versions = z
  .object({
    data: z.array(
      version.extend({
        changes: z
          .array(
            z.object({
              model: z.string(),
              line: z.string(),
              tier: z
                .string()
                .nullable()
                .meta({ description: "Of which calls alone: over a size of prompt, in a time of the day" }),
              from: usd("USD per token or request, exact; null for a new one").nullable(),
              to: usd("USD per token or request, exact; null where it has none any more").nullable(),
            }),
          )
          .meta({ description: "Of a draft: what it would change" }),
      }),
    ),
  })
  .meta({ id: "PriceVersionList" });
const refreshed = z
  .object({
    data: z.array(
      z.object({
        provider: z.string(),
        outcome: z.enum(["unchanged", "draft", "no_list"]),
        version: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "PriceRefresh" });
const importInput = z
  .strictObject({
    provider: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must name a provider")
      .meta({ description: "Whose prices they become" }),
    format: z.enum(FORMATS),
    document: z
      .union([z.record(z.string(), z.unknown()), z.array(z.unknown())])
      .meta({ description: "The file, as it is" }),
    section: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: "The provider in the file: a key of models.dev, a litellm_provider" }),
    models: z.array(z.string().min(1).max(256)).min(1).max(1_000).optional().meta({
      description:
        "Names in the list: only these, and new ones become models. Else all models that are known",
    }),
  })
  .meta({ id: "PriceImport" });
const names = (description: string) => z.array(z.string()).meta({ description });
const imported = z
  .object({
    provider: z.string(),
    outcome: z.enum(["draft", "unchanged"]),
    version: z.string().nullable(),
    added: names("Models that are new"),
    incomplete: names("Left out: nobody says how long a prompt or an answer may be"),
    tiered: names("Longer prompts have prices of their own"),
    unknown: z.int().meta({ description: "Listed, but no model here" }),
  })
  .meta({ id: "PriceImportResult" });
const params = z.object({ version: z.string().min(1).max(120) });

/** Operators read the providers' prices and decide about new ones. */
export function priceRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Operator", access: { least: "operator" } } as const;
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/admin/llm/prices",
    id: "listPriceVersions",
    summary: "Versions of the providers' prices; drafts first, with what they would change",
    answer: { status: 200, schema: versions },
    handle: async () => ({ data: await readVersions(gateway) }),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/admin/llm/prices/refresh",
    id: "refreshPrices",
    summary: "Read the providers' own lists; a changed price becomes a draft",
    limit: { name: "price_refresh", perMinute: 10 },
    answer: { status: 200, schema: refreshed },
    handle: async () => ({ data: await refreshPrices(gateway) }),
  });
  http.operation({
    ...shared,
    method: "POST",
    path: "/api/admin/llm/prices/import",
    id: "importPrices",
    summary: "Make a draft of a provider's prices from a file: models.dev, LiteLLM or Langfuse",
    idempotent: true,
    bodyLimit: FILE_LIMIT,
    limit: { name: "price_import", perMinute: 10 },
    body: importInput,
    answer: { status: 200, schema: imported },
    handle: ({ actor, body }) => importPrices(gateway, actor, body),
  });
  for (const [act, state] of [
    ["approve", "active"],
    ["reject", "rejected"],
  ] as const) {
    http.operation({
      ...shared,
      method: "POST",
      path: `/api/admin/llm/prices/:version/${act}`,
      id: `${act}Prices`,
      summary: act === "approve" ? "Let a draft count from now on" : "Let a draft never count",
      params,
      answer: { status: 200, schema: version },
      handle: ({ actor, params: { version: named } }) => decidePrices(gateway, actor, named, state),
    });
  }
}

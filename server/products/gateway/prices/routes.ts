import { z } from "zod";
import { instant, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../state.ts";
import { decidePrices } from "./decide.ts";
import { readVersions } from "./read.ts";
import { refreshPrices } from "./refresh.ts";

const version = z
  .object({
    version: z.string(),
    provider: z.string(),
    state: z.enum(["draft", "active", "retired", "rejected"]),
    source: z.enum(["config", "models", "import", "markup"]),
    created_at: instant,
    decided_at: instant.nullable(),
    decided_by: z.string().nullable(),
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
              from: usd("USD per token or request, exact; null for a new one").nullable(),
              to: usd("USD per token or request, exact"),
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

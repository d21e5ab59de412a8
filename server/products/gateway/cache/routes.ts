import { z } from "zod";
import type { Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { clearAnswers } from "./clear.ts";

/** The answers that are kept for calls of the same. */
export function cacheRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    method: "DELETE",
    path: "/api/llm/cache",
    id: "clearLlmCache",
    tag: "Models",
    summary: "Forget all answers that the organization's calls could be given again",
    access: { least: "admin", permission: "settings.manage" },
    answer: { status: 200, schema: z.object({ deleted: z.int() }).meta({ id: "LlmCacheCleared" }) },
    handle: async ({ actor }) => ({ deleted: await clearAnswers(gateway, actor) }),
  });
}

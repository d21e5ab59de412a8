import type { Http } from "../../platform/http/index.ts";
import { callRoutes } from "./dialects/routes.ts";
import { limitRoutes } from "./limits/routes.ts";
import type { SetKeyLimits } from "./limits/set.ts";
import { modelRoutes } from "./models/routes.ts";
import { balanceAnswer, recordsAnswer, recordsQuery, usageAnswer, usageQuery } from "./schemas.ts";
import type { Gateway } from "./settling/state.ts";
import { quoteRoutes } from "./quotes/routes.ts";
import { receiptRoutes } from "./receipts/routes.ts";
import { reservationRoutes } from "./tokens/routes.ts";
import { sendRecords } from "./usage/csv.ts";
import { readBalance, readRecords, readUsage } from "./usage/read.ts";

import { installationUsageRoutes } from "./operator-routes.ts";
import { priceRoutes } from "./prices/routes.ts";
import { modelAdminRoutes } from "./models/admin-routes.ts";
import { openHoldRoutes } from "./open-holds/routes.ts";
import { connectRoutes, ownKeyRoutes } from "./own-keys/routes.ts";
import { providerRoutes } from "./providers/routes.ts";
import { cacheRoutes } from "./cache/routes.ts";
import { memoryRoutes } from "./memory/routes.ts";
import { driftRoutes } from "./drift/routes.ts";
import { whatIfRoutes } from "./what-if/routes.ts";
import { routingRoutes } from "./routing/routes.ts";

export { usageStatsRoutes } from "./operator-routes.ts";

const read = { least: "viewer", scope: "gateway.use" } as const;

/**
 * The door that OpenAI's and Anthropic's clients know, under both base URLs, and what an organization reads about its
 * credits and calls.
 */
export function gatewayRoutes(http: Http, gateway: Gateway, setKeyLimits: SetKeyLimits): void {
  for (const [base, suffix] of [
    ["/v1", ""],
    ["/api/llm", "Llm"],
  ] as const) {
    callRoutes(http, gateway, base, suffix);
    modelRoutes(http, gateway, base, suffix);
  }
  tokenRoutes(http, gateway);
  reservationRoutes(http, gateway);
  limitRoutes(http, gateway, setKeyLimits);
  installationUsageRoutes(http, gateway);
  receiptRoutes(http, gateway);
  quoteRoutes(http, gateway);
  routingRoutes(http, gateway);
  priceRoutes(http, gateway);
  providerRoutes(http, gateway);
  ownKeyRoutes(http, gateway);
  connectRoutes(http, gateway);
  modelAdminRoutes(http, gateway);
  openHoldRoutes(http, gateway);
  driftRoutes(http, gateway);
  cacheRoutes(http, gateway);
  memoryRoutes(http, gateway);
  whatIfRoutes(http, gateway);
}

function tokenRoutes(http: Http, gateway: Gateway): void {
  const shared = { method: "GET", tag: "Tokens", access: read } as const;
  http.operation({
    ...shared,
    path: "/api/tokens/balance",
    id: "getTokenBalance",
    summary: "Credits of the organization: settled, held, available, their grants, and what its plan gives",
    answer: { status: 200, schema: balanceAnswer },
    handle: ({ actor }) => readBalance(gateway, actor),
  });
  http.operation({
    ...shared,
    path: "/api/tokens/usage",
    id: "getTokenUsage",
    summary:
      "Usage in sums of whole hours, by up to two of hour, day, model, provider, key, user, project, endpoint, outcome",
    query: usageQuery,
    answer: { status: 200, schema: usageAnswer },
    handle: ({ actor, query }) => readUsage(gateway, actor, query),
  });
  http.operation({
    ...shared,
    path: "/api/tokens/usage/records",
    id: "listUsageRecords",
    summary: "Single model calls, newest first; asked for text/csv, at most 100,000 of them as a file",
    query: recordsQuery,
    answer: { status: 200, schema: recordsAnswer },
    async handle({ actor, query, request, reply }) {
      if (!/\btext\/csv\b/.test(request.headers.accept ?? "")) return readRecords(gateway, actor, query);
      await sendRecords(gateway, actor, query, reply);
      return undefined;
    },
  });
}

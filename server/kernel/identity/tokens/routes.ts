import type { Http } from "../../../platform/http/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { refresh } from "./refresh.ts";
import { presentTokenSet, refreshInput, tokenSetAnswer } from "./schemas.ts";

export function tokenRoutes(http: Http, deps: IdentityDeps): void {
  http.operation({
    method: "POST",
    path: "/api/auth/refresh",
    id: "refreshTokens",
    tag: "Sign-in",
    summary: "Exchange a refresh token for the next one and a fresh access token",
    access: { least: "anyone" },
    limit: { name: "refresh", perMinute: 30, kind: "auth" },
    body: refreshInput,
    answer: { status: 200, schema: tokenSetAnswer },
    handle: async ({ body }) => presentTokenSet(await refresh(deps, body.refresh_token)),
  });
}

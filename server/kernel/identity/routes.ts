import type { Http } from "../../platform/http/index.ts";
import { auditRoutes } from "./audit/routes.ts";
import type { IdentityDeps } from "./deps.ts";
import { peopleRoutes } from "./people/routes.ts";

export function identityRoutes(http: Http, deps: IdentityDeps): void {
  peopleRoutes(http, deps);
  auditRoutes(http, deps);
}

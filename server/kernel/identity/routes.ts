import type { Http } from "../../platform/http/index.ts";
import { auditRoutes } from "./audit/routes.ts";
import type { IdentityDeps } from "./deps.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { peopleRoutes } from "./people/routes.ts";
import type { SecondFactor } from "./sessions/reauth.ts";
import { sessionRoutes } from "./sessions/routes.ts";

/** Nobody has a second factor. */
const noSecondFactor: SecondFactor = async () => null;
import { appRoutes } from "./apps/routes.ts";
import { tokenRoutes } from "./tokens/routes.ts";

export function identityRoutes(http: Http, deps: IdentityDeps): void {
  peopleRoutes(http, deps);
  auditRoutes(http, deps);
  sessionRoutes(http, deps, noSecondFactor);
  tokenRoutes(http, deps);
  oauthRoutes(http, deps);
  appRoutes(http, deps);
}

import type { Http } from "../../platform/http/index.ts";
import { auditRoutes } from "./audit/routes.ts";
import type { IdentityDeps } from "./deps.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { operatorRoutes } from "./operators/routes.ts";
import { mfaRoutes } from "./mfa/routes.ts";
import { passkeyRoutes } from "./passkeys/routes.ts";
import { deletionRoutes } from "./deletion/routes.ts";
import { passwordRoutes } from "./people/password-routes.ts";
import { profileRoutes } from "./people/profile-routes.ts";
import { peopleRoutes } from "./people/routes.ts";
import { registrationRoutes } from "./registration/routes.ts";
import { sessionRoutes } from "./sessions/routes.ts";

import { appRoutes } from "./apps/routes.ts";
import { tokenRoutes } from "./tokens/routes.ts";

export function identityRoutes(http: Http, deps: IdentityDeps): void {
  peopleRoutes(http, deps);
  registrationRoutes(http, deps);
  passwordRoutes(http, deps);
  profileRoutes(http, deps);
  deletionRoutes(http, deps);
  auditRoutes(http, deps);
  operatorRoutes(http, deps);
  sessionRoutes(http, deps);
  mfaRoutes(http, deps);
  passkeyRoutes(http, deps);
  tokenRoutes(http, deps);
  oauthRoutes(http, deps);
  appRoutes(http, deps);
}

import type { Http } from "../../platform/http/index.ts";
import type { IdentityDeps } from "./deps.ts";

/** Set-up, sign-in, sign-in links, sign-out. */
export function identityRoutes(_http: Http, _deps: IdentityDeps): void {}

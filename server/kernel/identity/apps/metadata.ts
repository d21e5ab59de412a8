import { withSystemTx } from "../../../platform/db/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { listScopes } from "./client-store.ts";
import { DEVICE_GRANT } from "./grant.ts";

/** RFC 8414: where an app finds each endpoint, and what they take. */
export async function serverMetadata({ db, config }: Pick<IdentityDeps, "db" | "config">) {
  const issuer = new URL(config.BASE_URL).origin;
  return {
    issuer,
    authorization_endpoint: `${issuer}/api/auth/authorize`,
    token_endpoint: `${issuer}/api/auth/token`,
    revocation_endpoint: `${issuer}/api/auth/revoke`,
    device_authorization_endpoint: `${issuer}/api/auth/device/code`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: await withSystemTx(db, listScopes),
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token", DEVICE_GRANT],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    authorization_response_iss_parameter_supported: true,
  };
}

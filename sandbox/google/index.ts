/**
 * Sign-in with Google on this machine, its issuer at `/google/{world}`: discovery, rotating RS256 keys, consent page,
 * token, userinfo, revocation. Addresses and words are Google's; the people are those of `sign-in/people.ts`.
 */
import { createIssuer } from "../sign-in/issuer.ts";

export const google = createIssuer({
  brand: { company: "google", name: "Google", asks: "to continue to Holdfast" },
  client: {
    company: "google",
    id: ["sandbox-", ".apps.googleusercontent.com"],
    secretPrefix: "GOCSPX-sandbox-",
    callbackPath: "/api/auth/oauth/google/callback",
  },
  paths: {
    authorize: "/o/oauth2/v2/auth",
    token: "/token",
    userinfo: "/v1/userinfo",
    revoke: "/revoke",
    jwks: "/oauth2/v3/certs",
  },
  discovery: {
    response_types_supported: [
      "code",
      "token",
      "id_token",
      "code token",
      "code id_token",
      "token id_token",
      "code token id_token",
      "none",
    ],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "email", "profile"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    claims_supported: [
      "aud",
      "email",
      "email_verified",
      "exp",
      "family_name",
      "given_name",
      "iat",
      "iss",
      "name",
      "sub",
    ],
    code_challenge_methods_supported: ["plain", "S256"],
    grant_types_supported: ["authorization_code"],
  },
  tokenPrefix: "ya29.a0",
});

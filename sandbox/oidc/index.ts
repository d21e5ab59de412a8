/**
 * A generic OpenID issuer at `/oidc/{world}`, such as a company runs for its own people, and the DNS in which that
 * company proves its domain (`/oidc/{world}/dns-query`).
 */
import { createIssuer } from "../sign-in/issuer.ts";
import { answerDns, controlDns } from "./dns.ts";

export const oidc = createIssuer({
  brand: { company: "oidc", name: "Company sign-in", asks: "Your company asks who you are" },
  client: {
    company: "oidc",
    id: ["sandbox-oidc-", ""],
    secretPrefix: "sandbox-oidc-secret-",
    callbackPath: "/api/auth/sso/callback",
  },
  paths: {
    authorize: "/authorize",
    token: "/token",
    userinfo: "/userinfo",
    revoke: "/revoke",
    jwks: "/jwks",
  },
  discovery: {
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "email", "profile"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    claims_supported: ["sub", "iss", "aud", "exp", "iat", "nonce", "name", "email", "email_verified"],
    code_challenge_methods_supported: ["S256"],
    grant_types_supported: ["authorization_code"],
  },
  tokenPrefix: "sbx_at_",
  more: { "GET /dns-query": answerDns },
  credentials: (world) => ({ dns_url: `${world.baseUrl}/oidc/${world.name}/dns-query` }),
  control: controlDns,
});

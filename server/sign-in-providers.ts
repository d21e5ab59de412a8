import type { IdentityConfig, Providers } from "./kernel/identity/index.ts";
import type { TenancyConfig } from "./kernel/tenancy/index.ts";
import type { Metrics } from "./platform/telemetry/index.ts";
import { createDns } from "./vendors/dns/index.ts";
import { createGithubSignIn } from "./vendors/github/index.ts";
import { createOidc } from "./vendors/oidc/index.ts";

/** Whom organizations bring to vouch for their own people, and who says that a domain is theirs. */
export const domainCompanies = (
  { SIGN_IN_TIMEOUT_MS: timeoutMs, DNS_URL: url, PRIVATE_ISSUERS }: IdentityConfig & TenancyConfig,
  metrics: Metrics,
) => ({
  issuers: createOidc({ name: "sso", metrics, timeoutMs, publicOnly: PRIVATE_ISSUERS === "refused" }),
  dns: createDns({ url, metrics }),
});

/** The companies that vouch for people here: those whose client is configured. A room of `app.ts`. */
export function signInProviders(config: IdentityConfig, metrics: Metrics): Providers {
  const { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET } = config;
  const common = { metrics, timeoutMs: config.SIGN_IN_TIMEOUT_MS };
  const providers: { -readonly [Name in keyof Providers]: Providers[Name] } = {};
  if (GOOGLE_CLIENT_ID && GOOGLE_CLIENT_SECRET)
    providers.google = createOidc({ name: "google", ...common }).issuer({
      issuer: config.GOOGLE_ISSUER,
      clientId: GOOGLE_CLIENT_ID,
      clientSecret: GOOGLE_CLIENT_SECRET,
    });
  if (GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET)
    providers.github = createGithubSignIn({
      clientId: GITHUB_CLIENT_ID,
      clientSecret: GITHUB_CLIENT_SECRET,
      loginUrl: config.GITHUB_LOGIN_URL,
      apiUrl: config.GITHUB_API_URL,
      ...common,
    });
  return providers;
}

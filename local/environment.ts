import path from "node:path";
import { root } from "./project.ts";
import type { Credentials } from "./sandbox.ts";
import type { Secrets } from "./secrets.ts";

/**
 * What the server of a local run is told; names and meaning: `server/config.ts`. A variable that is set outside wins,
 * except those that tie the parts together.
 */
export function serverEnvironment(run: {
  port: number;
  baseUrl: string;
  databaseUrl: string;
  sandboxUrl: string;
  secrets: Secrets;
  credentials: Credentials;
}): NodeJS.ProcessEnv {
  const { credentials, secrets } = run;
  const { DATABASE_OWNER_URL: _notForServers, ...outside } = process.env;
  return {
    SETUP_TOKEN: secrets("setup_token"),
    API_KEY_PEPPER: secrets("api_key_pepper"),
    KMS_LOCAL_KEYRING: secrets("kms_local_keyring"),
    OPERATOR_MFA: "optional",
    REGISTRATION: "open",
    ...company("STRIPE_SECRET_KEY", {
      STRIPE_SECRET_KEY: credentials.stripe.api_key,
      STRIPE_WEBHOOK_SECRET: credentials.stripe.webhook_secret,
      STRIPE_BASE_URL: credentials.stripe.base_url,
    }),
    ...company("PAYPAL_CLIENT_ID", {
      PAYPAL_BASE_URL: credentials.paypal.base_url,
      PAYPAL_CLIENT_ID: credentials.paypal.client_id,
      PAYPAL_CLIENT_SECRET: credentials.paypal.client_secret,
      PAYPAL_WEBHOOK_ID: credentials.paypal.webhook_id,
      PAYPAL_CERT_ROOTS: credentials.paypal.cert_roots,
      PAYPAL_CERT_HOSTS: credentials.paypal.cert_hosts,
    }),
    ...models(credentials),
    MAIL_TOKEN_SECRET: secrets("mail_token_secret"),
    MAIL_FROM: credentials.resend.from,
    ...company("RESEND_API_KEY", {
      RESEND_API_KEY: credentials.resend.api_key,
      RESEND_WEBHOOK_SECRET: credentials.resend.webhook_secret,
      RESEND_BASE_URL: credentials.resend.base_url,
    }),
    ...company("GOOGLE_CLIENT_ID", {
      GOOGLE_CLIENT_ID: credentials.google.client_id,
      GOOGLE_CLIENT_SECRET: credentials.google.client_secret,
      GOOGLE_ISSUER: credentials.google.issuer,
    }),
    ...company("GITHUB_CLIENT_ID", {
      GITHUB_CLIENT_ID: credentials.github.client_id,
      GITHUB_CLIENT_SECRET: credentials.github.client_secret,
      GITHUB_LOGIN_URL: credentials.github.login_url,
      GITHUB_API_URL: credentials.github.api_url,
    }),
    DNS_URL: credentials.oidc.dns_url,
    PRIVATE_ISSUERS: "allowed",
    RELAY_PRIVATE_HOSTS: new URL(run.sandboxUrl).host,
    ...outside,
    NODE_ENV: "development",
    PORT: String(run.port),
    BASE_URL: run.baseUrl,
    DATABASE_URL: run.databaseUrl,
    SANDBOX_URL: run.sandboxUrl,
    CONSOLE_DIR: path.join(root, "console", "dist"),
  };
}

/** Whoever brings a key of their own means the company itself: the sandbox's address must not be mixed with it. */
function company(keyName: string, sandboxed: Record<string, string>): Record<string, string> {
  return process.env[keyName] ? {} : sandboxed;
}

const MODEL_COMPANIES = ["openrouter", "openai", "anthropic", "glama", "requesty"] as const;

/**
 * All of the sandbox's model companies, so that calls have somewhere else to go. A key of one's own means real models: then
 * the sandbox plays none beside them, but for the one that a server cannot do without.
 */
export function models(
  credentials: Pick<Credentials, (typeof MODEL_COMPANIES)[number]>,
): Record<string, string> {
  const brought = MODEL_COMPANIES.some((name) => process.env[`${name.toUpperCase()}_API_KEY`]);
  const played = brought ? (["openrouter"] as const) : MODEL_COMPANIES;
  return Object.assign(
    {},
    ...played.map((name) => {
      const prefix = name.toUpperCase();
      const { api_key, base_url, management_key } = credentials[name];
      return company(`${prefix}_API_KEY`, {
        [`${prefix}_API_KEY`]: api_key,
        [`${prefix}_BASE_URL`]: base_url,
        ...(management_key ? { [`${prefix}_MANAGEMENT_KEY`]: management_key } : {}),
      });
    }),
  ) as Record<string, string>;
}

import type { Credentials } from "./sandbox.ts";
import type { Secrets } from "./secrets.ts";

/** What the server of a local run is told. A variable that is set outside wins, except those that tie the parts together. */
export function serverEnvironment(run: {
  port: number;
  baseUrl: string;
  databaseUrl: string;
  dataDir: string;
  secrets: Secrets;
  credentials: Credentials;
}): NodeJS.ProcessEnv {
  const { credentials, secrets } = run;
  return {
    NODE_ENV: "development",
    ROLE: "all",
    SESSION_SECRET: secrets("session"),
    KEY_PEPPER: secrets("api_key_pepper"),
    ...company("STRIPE_SECRET_KEY", {
      STRIPE_SECRET_KEY: credentials.stripe.api_key,
      STRIPE_WEBHOOK_SECRET: credentials.stripe.webhook_secret,
      STRIPE_BASE_URL: credentials.stripe.base_url,
    }),
    ...company("OPENROUTER_API_KEY", {
      OPENROUTER_API_KEY: credentials.openrouter.api_key,
      OPENROUTER_BASE_URL: credentials.openrouter.base_url,
    }),
    ...process.env,
    PORT: String(run.port),
    BASE_URL: run.baseUrl,
    DATABASE_URL: run.databaseUrl,
  };
}

/** Whoever brings a key of their own means the company itself: the sandbox's address must not be mixed with it. */
function company(keyName: string, sandboxed: Record<string, string>): Record<string, string> {
  return process.env[keyName] ? {} : sandboxed;
}

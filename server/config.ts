/**
 * Configuration, read once at boot and handed down. The only reader of `process.env`. Each variable may also come from a
 * file named by `NAME_FILE`. Every fault is listed with its fix, then the process exits 1.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { billingConfig } from "./kernel/billing/index.ts";
import { identityConfig } from "./kernel/identity/index.ts";
import { ledgerConfig } from "./kernel/ledger/index.ts";
import { mailConfig } from "./kernel/mail/index.ts";
import { tenancyConfig } from "./kernel/tenancy/index.ts";
import { webhooksConfig } from "./kernel/webhooks/index.ts";
import { gatewayConfig } from "./products/gateway/index.ts";
import { paymentsConfig } from "./products/payments/index.ts";

const MIN_KEY = 32;
const MAX_KEYS = 10;

const platformConfig = z.object({
  NODE_ENV: z
    .enum(["development", "test", "production"])
    .default("development")
    .describe("production refuses sandbox values"),
  ROLE: z.enum(["all", "api", "worker"]).default("all").describe("what this process does"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe("port to listen on"),
  HOST: z.string().default("127.0.0.1").describe("address to listen on"),
  BASE_URL: z.url().describe("where browsers reach this installation"),
  TRUSTED_PROXIES: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .describe("comma-separated addresses whose X-Forwarded-For counts"),
  DATABASE_URL: z.url().describe("PostgreSQL 15+ as the role holdfast_app"),
  DATABASE_DIRECT_URL: z.url().optional().describe("the same without a transaction pooler, for LISTEN"),
  DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(12).describe("connections per process"),
  JOBS_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe("jobs that one worker process runs at once"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "silent"])
    .default("info")
    .describe("log level"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe("OTLP over HTTP: where traces go, as `<this>/v1/traces`; tracing is off when unset"),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of traces that are kept; what failed or was slow is always kept"),
  REDIS_URL: z
    .string()
    .refine((text) => text.split(",").every((url) => /^rediss?:\/\/\S+$/.test(url) && URL.canParse(url)), {
      error: "redis://host:port, or some servers of a cluster with commas between them",
    })
    .optional()
    .describe(
      "Redis or Valkey that the processes share for limits, cache and messages; several addresses with commas are a cluster's; none when unset",
    ),
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_:-]{1,60}$/, "letters, digits, _ : -")
    .default("holdfast")
    .describe("what its keys and channels start with; installations that share a Redis need one each"),
  KMS_LOCAL_KEYRING: z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .refine(
      (keys) => keys.length <= MAX_KEYS && keys.every((key) => key.length >= MIN_KEY),
      `set ${MIN_KEY} or more random characters; to rotate, append a new one after a comma (at most ${MAX_KEYS})`,
    )
    .describe(
      "secret that seals secrets at rest; several, comma-separated, oldest first: the last one seals",
    ),
  METRICS_TOKEN: z.string().min(32).optional().describe("bearer token of /metrics; loopback only when unset"),
  CONSOLE_DIR: z.string().default("console/dist").describe("the built console; empty for an API alone"),
  SANDBOX_URL: z.url().optional().describe("page of the local sandbox, shown to operators"),
  CLOCK_OFFSET_MS: z.coerce.number().int().default(0).describe("test clock; refused in production"),
});

export const configSchema = z.object({
  ...platformConfig.shape,
  ...mailConfig.shape,
  ...identityConfig.shape,
  ...tenancyConfig.shape,
  ...ledgerConfig.shape,
  ...webhooksConfig.shape,
  ...billingConfig.shape,
  ...gatewayConfig.shape,
  ...paymentsConfig.shape,
});

/** A client's id and its secret mean nothing without each other. */
const TOGETHER = [
  ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
  ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
  ["PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET"],
  ["PAYPAL_CLIENT_ID", "PAYPAL_WEBHOOK_ID"],
] as const;

const PAYPAL_LIVE_URL = "https://api-m.paypal.com";

export type Config = z.output<typeof configSchema>;

/** Reads the environment. Throws `ConfigError` with every fault. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const { values, faults } = withFiles(env);
  const parsed = configSchema.safeParse(values);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = path[0] as keyof typeof configSchema.shape;
    const fix = values[name] === undefined ? `set it: ${configSchema.shape[name].description}` : message;
    faults.push(`${path.join(".")}: ${fix}`);
  }
  for (const [one, other] of TOGETHER)
    if (Boolean(values[one]) !== Boolean(values[other])) faults.push(`${one}: set it together with ${other}`);
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const unsafe = parsed.data.NODE_ENV === "production" ? productionFaults(parsed.data) : [];
  if (unsafe.length > 0) throw new ConfigError(unsafe);
  return parsed.data;
}

export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`configuration: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

function withFiles(env: Record<string, string | undefined>) {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of Object.keys(configSchema.shape)) {
    const file = env[`${name}_FILE`];
    const value = env[name];
    if (value !== undefined && value !== "") values[name] = value;
    else if (value === "" && name === "CONSOLE_DIR") values[name] = "";
    else if (file) {
      try {
        values[name] = readFileSync(file, "utf8").trim();
      } catch {
        faults.push(`${name}_FILE: ${file} cannot be read; name a readable file`);
      }
    }
  }
  return { values, faults };
}

function productionFaults(config: Config): string[] {
  const faults: string[] = [];
  const refuse = (bad: boolean, text: string) => bad && faults.push(text);
  const text = JSON.stringify(config);
  refuse(!config.BASE_URL.startsWith("https://"), "BASE_URL: must be https in production");
  refuse(config.SANDBOX_URL !== undefined, "SANDBOX_URL: unset it in production");
  refuse(config.CLOCK_OFFSET_MS !== 0, "CLOCK_OFFSET_MS: unset it in production");
  refuse(config.AUTH_LIMITS === "off", "AUTH_LIMITS: off is for tests only");
  refuse(config.OPERATOR_MFA === "optional", "OPERATOR_MFA: unset it in production");
  refuse(config.PRIVATE_ISSUERS === "allowed", "PRIVATE_ISSUERS: unset it in production");
  refuse(config.RELAY_PRIVATE_HOSTS.size > 0, "RELAY_PRIVATE_HOSTS: unset it in production");
  refuse(config.METRICS_TOKEN === undefined, "METRICS_TOKEN: set 32 or more random characters");
  refuse(
    /sk_test_|sandbox|sk-or-v1-default/.test(text),
    "a sandbox credential or URL is configured; use the live ones",
  );
  for (const name of ["GOOGLE_ISSUER", "GITHUB_LOGIN_URL", "GITHUB_API_URL", "DNS_URL"] as const)
    refuse(!config[name].startsWith("https://"), `${name}: must be https in production`);
  refuse(config.STRIPE_BASE_URL !== undefined, "STRIPE_BASE_URL: unset it in production");
  refuse(
    config.PAYPAL_CLIENT_ID !== undefined && config.PAYPAL_BASE_URL !== PAYPAL_LIVE_URL,
    `PAYPAL_BASE_URL: must be ${PAYPAL_LIVE_URL} in production`,
  );
  refuse(config.RESEND_BASE_URL !== undefined, "RESEND_BASE_URL: unset it in production");
  return faults;
}

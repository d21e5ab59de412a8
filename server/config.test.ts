import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const valid = {
  BASE_URL: "http://localhost:3000",
  DATABASE_URL: "postgresql://holdfast_app:x@127.0.0.1/holdfast",
  SETUP_TOKEN: "s".repeat(43),
  API_KEY_PEPPER: "p".repeat(43),
  KMS_LOCAL_KEYRING: "k".repeat(43),
  STRIPE_SECRET_KEY: "sk_test_x",
  STRIPE_WEBHOOK_SECRET: "whsec_a, whsec_b",
  OPENROUTER_API_KEY: "sk-or-v1-x",
  RESEND_API_KEY: "re_x",
  RESEND_WEBHOOK_SECRET: `whsec_${"a".repeat(32)}`,
  MAIL_FROM: "Holdfast <mail@holdfast.example>",
  MAIL_TOKEN_SECRET: "t".repeat(43),
};
const production = {
  ...valid,
  NODE_ENV: "production",
  BASE_URL: "https://holdfast.example",
  METRICS_TOKEN: "m".repeat(32),
  STRIPE_SECRET_KEY: `sk_${"live"}_x`,
  INSTALLATION_MODE: "live",
};

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test("defaults are filled in, lists are split", () => {
  const config = readConfig({ ...valid, TRUSTED_PROXIES: "10.0.0.1, 10.0.0.2" });
  expect(config).toMatchObject({
    PORT: 3000,
    ROLE: "all",
    NODE_ENV: "development",
    CONSOLE_DIR: "console/dist",
  });
  expect(config.STRIPE_WEBHOOK_SECRET).toEqual(["whsec_a", "whsec_b"]);
  expect(config.TRUSTED_PROXIES).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("an empty CONSOLE_DIR means an API alone; other empty values count as unset", () => {
  const config = readConfig({ ...valid, CONSOLE_DIR: "", PORT: "" });
  expect([config.CONSOLE_DIR, config.PORT]).toEqual(["", 3000]);
});

test("every fault is named at once", () => {
  const { BASE_URL: _base, OPENROUTER_API_KEY: _key, ...rest } = valid;
  const faults = faultsOf({ ...rest, PORT: "many", ROLE: "king" });
  expect(faults.map((fault) => fault.split(":")[0]).toSorted()).toEqual([
    "BASE_URL",
    "OPENROUTER_API_KEY",
    "PORT",
    "ROLE",
  ]);
  expect(faults).toContain("BASE_URL: set it: where browsers reach this installation");
});

test("a value may come from a file; an unreadable one is a fault", () => {
  const file = join(folder, "key");
  writeFileSync(file, "sk-or-v1-from-file\n");
  const { OPENROUTER_API_KEY: _key, ...rest } = valid;
  expect(readConfig({ ...rest, OPENROUTER_API_KEY_FILE: file }).OPENROUTER_API_KEY).toBe(
    "sk-or-v1-from-file",
  );
  expect(faultsOf({ ...rest, OPENROUTER_API_KEY_FILE: join(folder, "none") })[0]).toContain(
    "name a readable file",
  );
});

test("a client's id without its secret is a fault, and the other way round", () => {
  expect(faultsOf({ ...valid, GOOGLE_CLIENT_ID: "x" })[0]).toContain("GOOGLE_CLIENT_SECRET");
  expect(faultsOf({ ...valid, GITHUB_CLIENT_SECRET: "x" })[0]).toContain("GITHUB_CLIENT_ID");
});

test("production boots on live values", () => {
  expect(faultsOf(production)).toEqual([]);
});

test.each([
  ["plain http", { BASE_URL: "http://holdfast.example" }, "BASE_URL"],
  ["the sandbox", { SANDBOX_URL: "http://127.0.0.1:4010/_sandbox" }, "SANDBOX_URL"],
  ["a test key", { STRIPE_SECRET_KEY: "sk_test_x" }, "sandbox credential"],
  ["another mail company", { RESEND_BASE_URL: "http://127.0.0.1:4010/resend" }, "RESEND_BASE_URL"],
  ["a sandbox's mail key", { RESEND_API_KEY: "re_default_sandbox0000" }, "sandbox credential"],
  ["another Stripe", { STRIPE_BASE_URL: "http://127.0.0.1:4010" }, "STRIPE_BASE_URL"],
  ["a moved clock", { CLOCK_OFFSET_MS: "1" }, "CLOCK_OFFSET_MS"],
  [
    "a Google that is not Google's",
    { GOOGLE_ISSUER: "http://127.0.0.1:4010/google/default" },
    "GOOGLE_ISSUER",
  ],
  [
    "a client of the sandbox's",
    { GITHUB_CLIENT_ID: "Ov23sandbox-x", GITHUB_CLIENT_SECRET: "y" },
    "sandbox credential",
  ],
  ["no limits on sign-in", { AUTH_LIMITS: "off" }, "AUTH_LIMITS"],
  ["operators without a second factor", { OPERATOR_MFA: "optional" }, "OPERATOR_MFA"],
  ["open metrics", { METRICS_TOKEN: "" }, "METRICS_TOKEN"],
])("production refuses %s", (_what, change, named) => {
  expect(faultsOf({ ...production, ...change }).join("\n")).toContain(named);
});

/** Writes what others may know of the API: the OpenAPI document and the typed client made from it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import { createApp } from "../server/app.ts";
import { readConfig } from "../server/config.ts";

/** The generated files by their path from the project's root. `databaseUrl`: a migrated database of no other use. */
export async function contractFrom(databaseUrl: string): Promise<Map<string, string>> {
  const document = await openapiDocument(databaseUrl);
  const files = new Map([["contract/openapi.json", `${JSON.stringify(document, null, 2)}\n`]]);
  const work = await mkdtemp(path.join(tmpdir(), "holdfast-contract-"));
  try {
    const input = path.join(work, "openapi.json");
    const output = path.join(work, "client");
    await writeFile(input, JSON.stringify(document));
    await createClient({
      input,
      output: { path: output, importFileExtension: ".ts" },
      plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
      logs: { level: "silent" },
    });
    for (const entry of await readdir(output, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      files.set(
        `contract/client/${path.relative(output, file).replaceAll(path.sep, "/")}`,
        await readFile(file, "utf8"),
      );
    }
  } finally {
    await rm(work, { recursive: true });
  }
  return files;
}

/** Asks an app that never listens; none of these values ends up in the document but the base URL. */
async function openapiDocument(databaseUrl: string): Promise<unknown> {
  const app = await createApp(
    readConfig({
      NODE_ENV: "test",
      LOG_LEVEL: "silent",
      CONSOLE_DIR: "",
      BASE_URL: "http://localhost:3000",
      DATABASE_URL: databaseUrl,
      SETUP_TOKEN: "x".repeat(43),
      API_KEY_PEPPER: "x".repeat(43),
      KMS_LOCAL_KEYRING: "x".repeat(43),
      STRIPE_SECRET_KEY: "sk_test_document",
      STRIPE_WEBHOOK_SECRET: "whsec_document",
      PAYPAL_CLIENT_ID: "client-document",
      PAYPAL_CLIENT_SECRET: "secret-document",
      PAYPAL_WEBHOOK_ID: "webhook-document",
      OPENROUTER_API_KEY: "sk-or-document",
      RESEND_API_KEY: "re_document",
      RESEND_WEBHOOK_SECRET: `whsec_${"x".repeat(32)}`,
      MAIL_FROM: "mail@holdfast.test",
      MAIL_TOKEN_SECRET: "x".repeat(43),
    }),
  );
  try {
    return app.http.app.swagger();
  } finally {
    await app.stop();
  }
}

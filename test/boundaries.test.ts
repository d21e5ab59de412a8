import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const rules = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs")) as {
  forbidden: { name: string }[];
};

/** One bad import per rule: file → what it imports. Targets are made as empty modules. */
const BAD: Record<string, [from: string, to: string]> = {
  "platform-knows-nobody": ["server/platform/db/bad.ts", "server/kernel/ledger/index.ts"],
  "vendors-know-platform-only": ["server/vendors/stripe/bad.ts", "server/vendors/llm/index.ts"],
  "kernel-below-products": ["server/kernel/ledger/bad.ts", "server/products/gateway/index.ts"],
  "kernel-order-mail": ["server/kernel/mail/bad.ts", "server/kernel/identity/index.ts"],
  "kernel-order-identity": ["server/kernel/identity/bad.ts", "server/kernel/tenancy/index.ts"],
  "kernel-order-tenancy": ["server/kernel/tenancy/bad.ts", "server/kernel/ledger/index.ts"],
  "kernel-order-ledger": ["server/kernel/ledger/bad2.ts", "server/kernel/webhooks/index.ts"],
  "kernel-order-webhooks": ["server/kernel/webhooks/bad.ts", "server/kernel/billing/index.ts"],
  "kernel-order-billing": ["server/kernel/billing/bad.ts", "server/kernel/privacy/index.ts"],
  "products-are-islands": ["server/products/inbox/bad.ts", "server/products/gateway/index.ts"],
  "attic-is-top": ["server/kernel/webhooks/bad2.ts", "server/app.ts"],
  "sandbox-stands-alone": ["sandbox/stripe/bad.ts", "server/platform/ids.ts"],
  "platform-is-entered-by-doors": ["server/kernel/ledger/bad3.ts", "server/platform/db/pool.ts"],
  "server-is-closed": ["server/vendors/stripe/bad2.ts", "sandbox/core/company.ts"],
  "vendor-doors": ["server/kernel/billing/bad2.ts", "server/vendors/stripe/client.ts"],
  "use-the-door": ["server/kernel/billing/bad3.ts", "server/kernel/ledger/post.ts"],
  "routes-hold-no-sql": ["server/kernel/ledger/routes.ts", "server/kernel/ledger/store.ts"],
  "store-is-sql-only": ["server/kernel/webhooks/store.ts", "server/vendors/stripe/index.ts"],
  "attic-uses-three-faces": ["server/app.ts", "server/kernel/ledger/post.ts"],
  "few-packages": ["server/kernel/ledger/bad4.ts", "node_modules/undici/index.js"],
  "screens-see-the-contract": ["console/src/bad.ts", "server/platform/money.ts"],
  "env-read-once": ["server/platform/telemetry/bad.ts", "server/config.ts"],
};

let tree: string;
let found: Set<string>;

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), "holdfast-boundaries-"));
  const bodies = new Map<string, string>();
  for (const [from, to] of Object.values(BAD)) {
    const up = "../".repeat(from.split("/").length - 1) || "./";
    const specifier = to.startsWith("node_modules/") ? "undici" : `${up}${to}`;
    bodies.set(from, `${bodies.get(from) ?? ""}import "${specifier}";\n`);
    if (!bodies.has(to)) bodies.set(to, "export {};\n");
  }
  bodies.set("server/platform/a.ts", 'import "./b.ts";\n');
  bodies.set("server/platform/b.ts", 'import "./a.ts";\n');
  bodies.set("node_modules/undici/package.json", '{"name":"undici","main":"index.js"}');
  bodies.set("package.json", '{"dependencies":{"undici":"8.12.4"}}');
  bodies.set("tsconfig.json", '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}');
  for (const [file, text] of bodies) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), text);
  }
  const cruise = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = [
    cruise,
    "--config",
    join(root, ".dependency-cruiser.cjs"),
    "--output-type",
    "json",
    "server",
    "sandbox",
    "console",
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: tree,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  const report = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  found = new Set(report.summary.violations.map(({ rule }) => rule.name));
});

afterAll(() => rm(tree, { recursive: true, force: true }));

test.each([...Object.keys(BAD), "no-circle"])("the rule %s bites", (name) => {
  expect(found).toContain(name);
});

test("every rule has its bad import", () => {
  const last = "kernel-order-privacy";
  expect(
    rules.forbidden
      .map(({ name }) => name)
      .filter((name) => name !== last)
      .toSorted(),
  ).toEqual([...Object.keys(BAD), "no-circle"].toSorted());
});

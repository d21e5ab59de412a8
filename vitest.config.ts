import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Files that measure time, beside which nothing else may run, and one that reads what all modules have declared. */
const ALONE = [
  "db/generate.test.ts",
  "local/start.test.ts",
  "sandbox/llm/play/pace.test.ts",
  "server/products/gateway/refusals.db.test.ts",
  "server/products/payments/relay/relay-speed.db.test.ts",
  "test/revocation.test.ts",
];
const globalSetup = ["test/harness/global-setup.ts"];
const setupFiles = ["test/harness/same-cases.ts"];

export default defineConfig({
  test: {
    // Long runs have commands of their own.
    exclude: ["**/node_modules/**", "test/{journeys,crash,bench}/**"],
    pool: "forks",
    // Modules hold no state, and loading them for each file would take a third of the time.
    isolate: false,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["{server,sandbox,local,db,contract,test,console}/**/*.test.{ts,tsx}"],
          exclude: ALONE,
          globalSetup,
          setupFiles,
          // Files wait for databases and clocks as much as they compute: one for each core would leave half of it idle.
          maxWorkers: Math.ceil(availableParallelism() * 1.5),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: ALONE,
          isolate: true,
          globalSetup,
          setupFiles,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["server/**/*.ts"],
      exclude: ["**/*.test.ts"],
      thresholds: { lines: 92, branches: 85 },
    },
  },
});

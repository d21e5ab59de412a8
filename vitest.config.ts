import { defineConfig } from "vitest/config";

/** Measures how long the product takes to be up, so nothing else may run beside it. */
const ALONE = "local/start.test.ts";

export default defineConfig({
  test: {
    // Long runs have commands of their own.
    exclude: ["**/node_modules/**", "test/{journeys,crash,bench}/**"],
    pool: "forks",
    // Files wait for databases and clocks more than they compute; by default one core would stay idle.
    maxWorkers: "100%",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["{server,sandbox,local,db,contract,test,console}/**/*.test.{ts,tsx}"],
          exclude: [ALONE],
          globalSetup: ["test/harness/global-setup.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: "alone", include: [ALONE], sequence: { groupOrder: 1 } } },
    ],
    coverage: {
      provider: "v8",
      include: ["server/**/*.ts"],
      exclude: ["**/*.test.ts"],
      thresholds: { lines: 92, branches: 85 },
    },
  },
});

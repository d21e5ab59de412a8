import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,sandbox,local,db,contract,test,console}/**/*.test.{ts,tsx}"],
    // Long runs with commands of their own.
    exclude: ["**/node_modules/**", "test/{journeys,crash,bench}/**"],
    globalSetup: ["test/harness/global-setup.ts"],
    pool: "forks",
    // Files wait for databases and clocks more than they compute; by default one core would stay idle.
    maxWorkers: "100%",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["server/**/*.ts"],
      exclude: ["**/*.test.ts"],
      thresholds: { lines: 92, branches: 85 },
    },
  },
});

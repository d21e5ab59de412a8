/** Cruises the imports. Fails as well when it saw fewer modules than there are: a cruise of nothing finds nothing. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";

const config = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as {
  forbidden: object[];
  options: Record<string, unknown>;
};
const folders = ["server", "sandbox", "console/src", "local"];
const { output } = await cruise(
  folders,
  { ...config.options, validate: true, ruleSet: { forbidden: config.forbidden as never } },
  undefined,
  { tsConfig: extractTsConfig("tsconfig.json") },
);
const { modules, summary } = output as ICruiseResult;

for (const { rule, from, to } of summary.violations) process.stdout.write(`${rule.name}: ${from} → ${to}\n`);

const listed = execFileSync("git", ["ls-files", "server/*.ts"], { encoding: "utf8" })
  .split("\n")
  .filter(Boolean);
const seen = modules.filter(({ source }) => source.startsWith("server/")).length;
if (seen < listed.length) process.stdout.write(`only ${seen} of ${listed.length} server modules were seen\n`);
process.stdout.write(`${modules.length} modules, ${summary.violations.length} violations\n`);
process.exit(summary.violations.length > 0 || seen < listed.length ? 1 : 0);

/** Known vulnerabilities from high upwards fail. Says so when the advisory service cannot be asked. */
import { spawnSync } from "node:child_process";

const { stdout } = spawnSync("npm", ["audit", "--audit-level=high", "--json"], {
  encoding: "utf8",
  timeout: 60_000,
});
type Audit = {
  vulnerabilities?: Record<string, { severity: string; via: unknown[] }>;
  error?: unknown;
  message?: string;
};
const parse = (): Audit => {
  try {
    return JSON.parse(stdout) as Audit;
  } catch (error) {
    return { error };
  }
};
const audit = parse();
if (!audit.vulnerabilities) {
  process.stdout.write("advisories: not run, the service did not answer\n");
} else {
  const bad = Object.entries(audit.vulnerabilities).filter(([, { severity }]) =>
    ["high", "critical"].includes(severity),
  );
  for (const [name, { severity }] of bad) process.stdout.write(`${name}: ${severity}\n`);
  process.exitCode = bad.length > 0 ? 1 : 0;
}

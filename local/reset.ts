/** `npm run reset`: asks, then wipes everything that runs in this folder have kept. `--yes` does not ask. */
import { existsSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { destroyCluster } from "./postgres.ts";
import { dataDir } from "./project.ts";
import { findRun } from "./run-file.ts";

async function main(yes: boolean): Promise<void> {
  const run = existsSync(dataDir) ? findRun(dataDir) : null;
  if (run) {
    process.stderr.write(`Holdfast runs here (process ${run.launcherPid}): stop it first.\n`);
    process.exitCode = 1;
    return;
  }
  if (!existsSync(dataDir)) {
    process.stdout.write("There is nothing to wipe.\n");
    return;
  }
  if (!yes && !(await confirmed())) {
    process.stdout.write("Nothing was wiped.\n");
    process.exitCode = 1;
    return;
  }
  await destroyCluster(dataDir);
  rmSync(dataDir, { recursive: true });
  process.stdout.write("Wiped. The next npm start begins anew.\n");
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test(
      (await terminal.question(`Wipe ${dataDir} with its database, secrets and files? [y/N] `)).trim(),
    );
  } finally {
    terminal.close();
  }
}

await main(process.argv.includes("--yes"));

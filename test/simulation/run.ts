/** `bin/simulate`: runs seeds one after the other, in as many processes as there are cores; one line per seed that fails. */
import { availableParallelism } from "node:os";
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startTestServer } from "../harness/database-server.ts";
import type { Outcome } from "./simulate.ts";

const DEFAULT_SEEDS = 200;
/** One seed takes some seconds, with months a minute on a busy machine; a run that says nothing for that long hangs. */
const SILENT_MS = 300_000;

type Total = {
  passed: number;
  failed: number;
  deaths: number;
  paid: number;
  periods: number;
  events: number;
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
    },
  });
  const from = Number(values.seed ?? values.from ?? 1);
  const count = values.seed ? 1 : Number(values.seeds ?? DEFAULT_SEEDS);
  if (!Number.isInteger(from) || !Number.isInteger(count) || count < 1)
    throw new Error("seeds are whole numbers");
  const seeds = Array.from({ length: count }, (_, i) => from + i);
  const server = await startTestServer();
  process.env["HOLDFAST_TEST_SERVER"] = JSON.stringify(server.handover);
  const total: Total = { passed: 0, failed: 0, deaths: 0, paid: 0, periods: 0, events: 0 };
  try {
    const workers = Math.min(Number(values.workers ?? availableParallelism()), count);
    await Promise.all(
      Array.from({ length: workers }, () => runWorker(seeds, total, values.seed !== undefined)),
    );
  } finally {
    await server.stop();
  }
  const { deaths, paid, periods, events } = total;
  say(`${deaths} crashes, ${paid} charges, ${periods} periods paid, ${events} events`);
  say(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

/** Hands out seeds to one process until none is left. */
function runWorker(seeds: number[], total: Total, tellAll: boolean): Promise<void> {
  const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let current: number | undefined;
    const next = () => {
      clearTimeout(timer);
      current = seeds.shift();
      if (current === undefined) return child.disconnect();
      timer = setTimeout(() => child.kill("SIGKILL"), SILENT_MS);
      child.send(current);
    };
    child.on("message", (outcome: Outcome) => {
      total.deaths += outcome.deaths.length;
      total.paid += outcome.paid;
      total.periods += outcome.periods;
      total.events += outcome.events;
      if (outcome.faults.length === 0) total.passed += 1;
      else total.failed += 1;
      if (outcome.faults.length > 0 || tellAll) report(outcome);
      next();
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (current === undefined) return resolve();
      total.failed += 1;
      say(
        `FAILED seed ${current}: the process ended with ${code ?? signal}; again: bin/simulate --seed ${current}`,
      );
      resolve(seeds.length > 0 ? runWorker(seeds, total, tellAll) : undefined);
    });
    next();
  });
}

function report({ seed, faults, deaths, purchases, paid, periods, events }: Outcome): void {
  const facts = `${purchases} purchases, ${paid} charges, ${periods} periods, ${events} events, ${deaths.length} crashes`;
  say(
    `${faults.length === 0 ? "ok    " : "FAILED"} seed ${seed} (${facts}); again: bin/simulate --seed ${seed}`,
  );
  for (const fault of faults.slice(0, 10)) say(`         ${fault}`);
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

process.exitCode = await main();

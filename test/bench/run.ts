/**
 * `bin/bench [ledger|webhooks|payments|gateway|jobs|identity|endurance|all] [--smoke]`: each scenario on a stage of its own,
 * beside its baseline, taking turns in rounds, load from another process. Only ratios and added latencies gate; a spread over
 * 3x is "unstable". Everything goes to `.data/bench/*.json`. `--smoke` runs one short round without bounds.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem, type } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { dataDir, root } from "../../local/project.ts";
import { judge, median, table, type Round, type Row } from "./judge.ts";
import { JUDGEMENTS, measureMachine, open, SCENARIOS, type Pace, type ScenarioName } from "./scenarios.ts";
import { openStage, type Stage } from "./stage.ts";

const FULL: Pace = {
  seconds: 2,
  warmUpSeconds: 6,
  events: 5_000,
  backlog: 100_000,
  stored: 10_000_000,
  calls: 1_000_000,
  attempts: 10_000_000,
};
const SMOKE: Pace = {
  seconds: 0.5,
  warmUpSeconds: 0.3,
  events: 500,
  backlog: 20_000,
  stored: 50_000,
  calls: 500,
  attempts: 20_000,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { smoke: { type: "boolean", default: false }, rounds: { type: "string", default: "5" } },
});
const smoke = values.smoke;
const names = chosen(positionals[0] ?? "all");
const rows: Row[] = [];
for (const name of names) rows.push(...(await bench(name)));
process.exitCode = end(rows);

/** Nothing that one scenario leaves burdens the next. */
async function bench(name: ScenarioName): Promise<Row[]> {
  const stage = await openStage();
  try {
    const rounds = await measure(name, stage, smoke ? 1 : Number(values.rounds), smoke ? SMOKE : FULL);
    const judged = JUDGEMENTS[name].map((judgement) => judge(judgement, rounds, !smoke));
    print(`${table(judged)}\n`);
    for (const { name: figure, middle, least, most } of summed(rounds))
      print(`${figure.padEnd(40)} ${text(middle).padStart(10)}  ${text(least)}-${text(most)}`);
    print(`\nwritten to ${write(name, stage, rounds, judged)}\n`);
    return judged;
  } finally {
    await stage.close();
  }
}

function chosen(name: string): ScenarioName[] {
  if (name === "all") return [...SCENARIOS];
  const found = SCENARIOS.find((scenario) => scenario === name);
  if (!found) throw new Error(`unknown scenario ${name}; known: ${SCENARIOS.join(", ")}, all`);
  return [found];
}

/** Rounds that hold a turn of everything, after a warm-up. Whoever has no turn is taken off the cores. */
async function measure(name: ScenarioName, on: Stage, count: number, pace: Pace): Promise<Round[]> {
  on.all.pause();
  on.api.pause();
  const scenario = await open(name, on, pace);
  const rounds: Round[] = [];
  try {
    for (let at = 0; at < count; at += 1) {
      const { machine_per_second: machine, others_percent: others } = await measureMachine(on, pace);
      rounds.push({ machine_per_second: machine, others_percent: others, ...(await scenario.round()) });
      print(
        `${name}, round ${at + 1} of ${count}: machine ${text(machine)} transactions/s, others ${text(others)} % busy`,
      );
    }
  } finally {
    await scenario.close();
  }
  return rounds;
}

function summed(rounds: readonly Round[]) {
  return Object.keys(rounds[0] ?? {}).map((name) => {
    const all = rounds.map((round) => round[name] ?? Number.NaN);
    return { name, middle: median(all), least: Math.min(...all), most: Math.max(...all) };
  });
}

function write(name: ScenarioName, on: Stage, rounds: readonly Round[], judged: readonly Row[]): string {
  const at = new Date().toISOString();
  const folder = path.join(dataDir, "bench");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${at.replaceAll(":", "-")}-${name}${smoke ? "-smoke" : ""}.json`);
  const machine = {
    system: type(),
    architecture: process.arch,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? "",
    memory_bytes: totalmem(),
    node: process.version,
  };
  const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const result = { at, commit, smoke, machine, postgres: on.postgresSettings, rows: judged, rounds };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  return path.relative(root, file);
}

/** Prints the sum of all; what is only told counts neither way, what could not run only in a full run. */
function end(all: readonly Row[]): number {
  const judged = all.filter(({ verdict }) => verdict !== "told");
  const missing = judged.filter(({ verdict }) => verdict === "not run");
  if (smoke) for (const { name } of missing) print(`not run: ${name} (its baseline is not installed)`);
  const passed = judged.filter(({ verdict }) => verdict === "ok" || verdict === "ran").length;
  const failed = judged.length - passed - (smoke ? missing.length : 0);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function text(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One of the launcher's processes: kept running, its output handed on by lines, ended with the launcher. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Guard } from "./guard.ts";
import { endProcess } from "./processes.ts";

export type ChildOptions = {
  name: string;
  /** Path of the script and its arguments, run by this same Node. */
  args: string[];
  env: NodeJS.ProcessEnv;
  guard: Guard;
  /** How long it may take to end after SIGTERM. */
  patienceSeconds: number;
  /** Each line of its output, errors included. */
  line: (text: string) => void;
  /** Called with each process started, the first as well as those that take its place. */
  started: (pid: number) => void;
  /** It ended unasked and is being started again. */
  restarting: (how: string) => void;
  /** It keeps ending; it is not started again. */
  lost: (how: string) => void;
};

export type Child = {
  /** From now on its ending is an accident; before, ending by itself means that it cannot run at all. */
  ready(): void;
  stop(): Promise<void>;
};

/** A process that ends by itself this soon after its start, this often in a row, is broken. */
const soonMs = 3_000;
const soonAtMost = 5;
const pauseMs = 1_000;
/** After the launcher's sudden death nobody is there to wait for long. */
const orphanPatienceSeconds = 10;

/** Starts the process and, as long as it is not stopped, starts it again whenever it ends: at once after a kill. */
export function keepRunning(options: ChildOptions): Child {
  let current: ChildProcess | null = null;
  let stopping = false;
  let wasReady = false;
  let soonInARow = 0;

  const start = (): void => {
    const child = spawn(process.execPath, options.args, {
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // Ctrl-C goes to the launcher alone, which ends everybody in order
    });
    current = child;
    const startedAt = Date.now();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", options.line);
    child.once("error", (error) => options.lost(error.message));
    if (child.pid === undefined) return;
    const { pid } = child;
    options.guard.watch(pid, "TERM", orphanPatienceSeconds);
    options.started(pid);
    child.once("exit", (code, signal) => {
      options.guard.forget(pid);
      if (!stopping) startAgain(code, signal, Date.now() - startedAt);
    });
  };

  const startAgain = (code: number | null, signal: string | null, livedMs: number): void => {
    const how = signal ? `killed by ${signal}` : `exit ${code}`;
    soonInARow = !signal && livedMs < soonMs ? soonInARow + 1 : 0;
    if ((!signal && !wasReady) || soonInARow >= soonAtMost) return options.lost(how);
    options.restarting(how);
    if (soonInARow <= 1) return start();
    setTimeout(() => !stopping && start(), pauseMs);
  };

  start();
  return {
    ready: () => void (wasReady = true),
    async stop() {
      stopping = true;
      if (!current?.pid || current.exitCode !== null || current.signalCode !== null) return;
      const ended = new Promise((resolve) => current?.once("exit", resolve));
      await endProcess(current.pid, ["SIGTERM", "SIGKILL"], options.patienceSeconds * 1000);
      await ended;
    },
  };
}

/** Asks `url` until it answers 2xx; false when it has not after `timeoutMs`. */
export async function waitForAnswer(url: string, timeoutMs: number): Promise<boolean> {
  for (const endsAt = Date.now() + timeoutMs; Date.now() < endsAt; await delay(20)) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch((error: Error) => error);
    if (!(answer instanceof Response)) continue;
    await answer.body?.cancel();
    if (answer.ok) return true;
  }
  return false;
}

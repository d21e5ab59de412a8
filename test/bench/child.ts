/** Servers beside ours, each a process of its own that prints its port. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const PATIENCE_MS = 10_000;

export type Baseline = {
  url: string;
  /** Takes it off the cores while something else is measured. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
};

export async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  return line;
}

/** Ends a child, paused or not, by force when it does not end by itself. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await gone;
  clearTimeout(timer);
}

/** `script` prints the port it listens on. */
export async function startBaseline(script: string, ...args: string[]): Promise<Baseline> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  // Paused, it would outlive a bench that fails.
  process.once("exit", () => child.kill("SIGKILL"));
  return {
    url: `http://127.0.0.1:${await firstLine(child)}`,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    stop: () => stopChild(child),
  };
}

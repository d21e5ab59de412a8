/** The product as `npm start` runs it, in a data directory of its own, to be killed and started again. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, type WriteStream } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { waitForAnswer } from "../../local/child.ts";
import { destroyCluster } from "../../local/postgres.ts";
import { choosePort } from "../../local/ports.ts";
import { endProcess, processInfo, signalIfAlive, waitUntilGone } from "../../local/processes.ts";
import { root } from "../../local/project.ts";
import type { Run } from "../../local/run-file.ts";
import type { Sql } from "../harness/people.ts";

export type Credentials = {
  stripe: { api_key: string; base_url: string };
  openrouter: { api_key: string; base_url: string };
};

const UP_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 170_000;

export class Product {
  readonly url: string;
  readonly dataDir: string;
  readonly logFile: string;
  private readonly port: number;
  private readonly env: Record<string, string>;
  private readonly log: WriteStream;
  private launcher: ChildProcess | null = null;
  private pool: pg.Pool | null = null;

  private constructor(port: number, env: Record<string, string>) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-crash-"));
    this.logFile = path.join(this.dataDir, "launcher.log");
    this.log = createWriteStream(this.logFile, { flags: "a" });
    this.env = env;
  }

  /** Up and ready, without demo data. `env` is for the server. */
  static async start(env: Record<string, string>): Promise<Product> {
    const product = new Product(await choosePort(3600), env);
    await product.launch();
    return product;
  }

  get setupToken(): string {
    return this.readJson<{ setup_token: string }>("secrets.json").setup_token;
  }

  get run(): Run {
    return this.readJson<Run>("run.json");
  }

  /** Where the sandbox is controlled; its port may change with a new start. */
  get sandboxUrl(): string {
    const { sandboxUrl } = this.run;
    if (sandboxUrl === null) throw new Error("the sandbox is not up");
    return sandboxUrl;
  }

  /** One JSON call to the sandbox's control; throws when it is refused. */
  async control<T>(method: string, operation: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.sandboxUrl}/${operation}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    if (!answer.ok)
      throw new Error(`${method} /_sandbox/${operation}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** SQL as the database's owner: behind the tenants' walls, for people who cannot be invited and for the comparison. */
  readonly sql: Sql = async (text, values) => {
    this.pool ??= new pg.Pool({ connectionString: this.ownerUrl, max: 2 });
    return (await this.pool.query(text, values)).rows;
  };

  /** kill -9 of the server process alone; the launcher starts it again. False when it was down at that moment. */
  killServer(): boolean {
    const pid = this.run.children["server"];
    if (!pid || !processInfo(pid)?.command.includes("server/main.ts")) return false;
    process.kill(pid, "SIGKILL");
    return true;
  }

  /** kill -9 of everything: launcher, its guard, server, sandbox, postgres and its workers. Then started again. */
  async killAll(): Promise<void> {
    const launcher = this.launcher?.pid;
    if (!launcher) throw new Error("nothing runs");
    await this.closePool();
    const all = [launcher, ...descendants(launcher)];
    for (const pid of all) signalIfAlive(pid, "SIGKILL");
    await Promise.all(all.map((pid) => waitUntilGone(pid, 10_000)));
    await this.launch();
  }

  async stop(): Promise<void> {
    await this.closePool();
    if (this.launcher?.pid && this.launcher.exitCode === null && this.launcher.signalCode === null)
      await endProcess(this.launcher.pid, ["SIGTERM", "SIGKILL"], STOP_TIMEOUT_MS);
  }

  /** Deletes what it kept. */
  async remove(): Promise<void> {
    this.log.end();
    await destroyCluster(this.dataDir);
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  ready(): Promise<boolean> {
    return waitForAnswer(`${this.url}/ready`, UP_TIMEOUT_MS);
  }

  private async launch(): Promise<void> {
    const launcher = spawn(process.execPath, [path.join(root, "local", "start.ts"), "--empty"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? "/",
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        OPEN: "0",
        LOG_LEVEL: "warn",
        // Credits come from purchases alone.
        PLANS_FILE: path.join(root, "test", "harness", "plans.json"),
        ...this.env,
        HOLDFAST_DATA: this.dataDir,
        PORT: String(this.port),
        BASE_URL: this.url,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.launcher = launcher;
    launcher.stdout.pipe(this.log, { end: false });
    launcher.stderr.pipe(this.log, { end: false });
    for (const endsAt = Date.now() + UP_TIMEOUT_MS; ; await delay(25)) {
      if (launcher.exitCode !== null || launcher.signalCode !== null || Date.now() > endsAt)
        throw new Error(`the product did not start:\n${readFileSync(this.logFile, "utf8").slice(-2_000)}`);
      if (this.isUp(launcher.pid)) return;
    }
  }

  /** The run file of a killed launcher stays until the next one has taken the folder. */
  private isUp(pid: number | undefined): boolean {
    try {
      const { launcherPid, url } = this.run;
      return launcherPid === pid && url !== null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return false;
      throw error;
    }
  }

  private get ownerUrl(): string {
    const { port } = this.readJson<{ port: number }>("postgres.json");
    const password = readFileSync(path.join(this.dataDir, "postgres.password"), "utf8").trim();
    return `postgres://holdfast_owner:${password}@127.0.0.1:${port}/holdfast`;
  }

  private async closePool(): Promise<void> {
    const { pool } = this;
    this.pool = null;
    await pool?.end();
  }

  private readJson<T>(file: string): T {
    return JSON.parse(readFileSync(path.join(this.dataDir, file), "utf8")) as T;
  }
}

/** All processes below `pid`, by the system's own list. Linux only, as are the machines that run this. */
function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const info = /^\d+$/.test(name) ? processInfo(Number(name)) : null;
    if (info) children.set(info.parent, [...(children.get(info.parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const queue = [pid]; queue.length > 0;) {
    const own = children.get(queue.shift() ?? 0) ?? [];
    found.push(...own);
    queue.push(...own);
  }
  return found;
}

/**
 * `npm start`: the whole product on this machine. Database, sandbox and console are made ready side by side, then the
 * server starts; all of them end with this process, however it ends.
 */
import { mkdirSync } from "node:fs";
import { keepRunning, waitForAnswer, type Child } from "./child.ts";
import { buildConsole } from "./console-build.ts";
import { openDatabase, type Database } from "./database.ts";
import { makeDemo } from "./demo.ts";
import { serverEnvironment } from "./environment.ts";
import { startGuard, type Guard } from "./guard.ts";
import { openBrowser, printPage } from "./page.ts";
import { choosePort } from "./ports.ts";
import { dataDir, root } from "./project.ts";
import { takeFolder, waitUntilUp, type Run, type RunFile } from "./run-file.ts";
import { startSandbox, type Sandbox } from "./sandbox.ts";
import { openSecrets, type Secrets } from "./secrets.ts";

const serverReadyTimeoutMs = 60_000;
const startTimeoutMs = 60_000;
/** One Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const oneKeyPressMs = 1_000;

class Launch {
  private readonly run: RunFile;
  private readonly guard: Guard = startGuard();
  private readonly secrets: Secrets = openSecrets(dataDir);
  private readonly children: Run["children"] = {};
  private readonly broken = Promise.withResolvers<never>();
  private database: Promise<Database> | undefined;
  private sandbox: Promise<Sandbox> | undefined;
  private server: Child | undefined;
  /** Lines of the children held back until the page stands, so that it stands alone. */
  private held: string[] | null = [];
  private stopping: Promise<void> | undefined;

  constructor(run: RunFile) {
    this.run = run;
    this.broken.promise.catch((error: Error) => this.fail(error));
  }

  async start(withDemo: boolean): Promise<void> {
    const startedAt = performance.now();
    const port = await choosePort(Number(process.env["PORT"] ?? 3000));
    const baseUrl = process.env["BASE_URL"] ?? `http://localhost:${port}`;
    const common = { dataDir, guard: this.guard };
    this.database = openDatabase({ ...common, secrets: this.secrets, ...this.reports("postgres") });
    this.sandbox = startSandbox({ ...common, line: (text) => this.print(text), ...this.reports("sandbox") });
    const [database, sandbox] = await Promise.all([this.database, this.sandbox, buildConsole()]);
    const credentials = await sandbox.introduce(`http://127.0.0.1:${port}/webhooks`);
    if (this.stopping) return;
    const sandboxUrl = `${sandbox.url}/_sandbox`;
    const { secrets } = this;
    const databaseUrl = database.appUrl;
    await this.startServer(
      serverEnvironment({ port, baseUrl, databaseUrl, sandboxUrl, secrets, credentials }),
      port,
    );
    const demo = withDemo ? await makeDemo({ port, baseUrl, dataDir, secrets, credentials }) : null;
    this.run.update({ url: baseUrl, sandboxUrl });
    const seconds = (performance.now() - startedAt) / 1000;
    printPage({
      baseUrl,
      sandboxUrl,
      mailboxUrl: credentials.resend.mailbox_url,
      database: database.description,
      demo,
      setupToken: secrets("setup_token"),
      seconds,
    });
    this.releaseLines(process.stdout);
    openBrowser(demo?.signInUrl ?? baseUrl);
  }

  /** Ends everything in order: the server while its database is there. What is being started is waited for. */
  stop(): Promise<void> {
    this.stopping ??= (async () => {
      await this.server?.stop();
      const [sandbox, database] = await Promise.allSettled([this.sandbox, this.database]);
      if (sandbox.status === "fulfilled") await sandbox.value?.stop();
      if (database.status === "fulfilled") await database.value?.stop();
      this.guard.close();
      this.run.remove();
    })();
    return this.stopping;
  }

  async fail(error: Error): Promise<void> {
    if (this.stopping) return;
    process.exitCode = 1;
    this.releaseLines(process.stderr);
    process.stderr.write(`\n${error.message}\n`);
    await this.stop();
    process.exit();
  }

  private async startServer(env: NodeJS.ProcessEnv, port: number): Promise<void> {
    const server = keepRunning({
      name: "server",
      args: [`${root}/server/main.ts`],
      env,
      guard: this.guard,
      patienceSeconds: 155, // model streams may take 120 s to finish, workers 60 s beside them
      line: (text) => this.print(text),
      ...this.reports("server"),
    });
    this.server = server;
    const ready = waitForAnswer(`http://127.0.0.1:${port}/ready`, serverReadyTimeoutMs);
    if (!(await Promise.race([ready, this.broken.promise])))
      throw new Error("the server is not ready after 60 s");
    server.ready();
  }

  private reports(name: string) {
    return {
      started: (pid: number) => {
        this.children[name] = pid;
        this.run.update({ children: this.children });
      },
      restarting: (how: string) => void process.stdout.write(`\n${name}: ${how}; started again\n`),
      lost: (how: string) => this.broken.reject(new Error(`the ${name} does not run: ${how}`)),
    };
  }

  private print(line: string): void {
    if (this.held === null) process.stdout.write(`${line}\n`);
    else if (this.held.length < 1_000) this.held.push(line);
  }

  private releaseLines(to: NodeJS.WriteStream): void {
    for (const line of this.held ?? []) to.write(`${line}\n`);
    this.held = null;
  }
}

async function main(args: string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== "--empty");
  if (unknown) return refuse(`unknown option ${unknown}; known: --empty (no demo data)`);
  if (process.env["NODE_ENV"] === "production")
    return refuse("npm start is for trying and developing; see docs for production");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const folder = await takeFolder(dataDir);
  if ("running" in folder) {
    const { url, sandboxUrl, launcherPid } = await waitUntilUp(dataDir, folder.running, startTimeoutMs);
    process.stdout.write(
      url
        ? `Holdfast runs already: ${url}\nSandbox: ${sandboxUrl}\n`
        : `Process ${launcherPid} is starting it.\n`,
    );
    return;
  }
  const launch = new Launch(folder.taken);
  let firstAt = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (firstAt === 0) {
        firstAt = Date.now();
        process.stdout.write("\nStopping (again: at once)\n");
        void launch.stop().then(() => process.exit()); // a start still under way must not hold us
      } else if (Date.now() - firstAt > oneKeyPressMs) {
        process.exit(1); // the guard ends the children
      }
    });
  }
  await launch.start(!args.includes("--empty")).catch((error: Error) => launch.fail(error));
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}

await main(process.argv.slice(2));

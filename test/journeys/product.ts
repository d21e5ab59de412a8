import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { appRole } from "../../db/roles.ts";
import { openSecrets } from "../../local/secrets.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Pictures, and what the product logged meanwhile. */
export const resultsDir = path.join(root, ".data/journeys");
/** The first start makes a database, builds the console and lets the demo call models. */
const UP_MS = 90_000;

/** What `npm start` told on its page. */
export type Product = {
  consoleUrl: string;
  signInUrl: string;
  email: string;
  password: string;
  sandboxUrl: string;
  /** Its database as the server sees it: for rows that no click makes. */
  databaseUrl: string;
  /** Stops it and starts it again on the same data, its clock this far ahead. */
  restart(clockOffsetMs: number): Promise<void>;
  /** Stops it and wipes what it kept. */
  stop(): Promise<void>;
};

/** Starts the product as a stranger does, with data of its own beside whatever runs in this folder. */
export async function startProduct(): Promise<Product> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-journeys-"));
  const env = {
    ...process.env,
    PLANS_FILE: path.join(root, "test", "journeys", "plans.json"),
    HOLDFAST_DATA: dataDir,
    OPEN: "0",
    PORT: process.env["PORT"] ?? "3100",
    // One person plays it all, faster than people do.
    AUTH_LIMITS: "off",
  };
  mkdirSync(resultsDir, { recursive: true });
  const log = createWriteStream(path.join(resultsDir, "product.log"));
  const launch = (change: NodeJS.ProcessEnv) => {
    const child = spawn(process.execPath, ["local/start.ts"], {
      cwd: root,
      env: { ...env, ...change },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    return child;
  };
  let child = launch({});
  const stop = async () => {
    await end(child);
    log.end();
    const wipe = spawn(process.execPath, ["local/reset.ts", "--yes"], { cwd: root, env, stdio: "ignore" });
    await new Promise((resolve) => wipe.once("exit", resolve));
  };
  try {
    const facts = readFacts(await readPage(child), dataDir);
    return {
      ...facts,
      stop,
      async restart(clockOffsetMs) {
        await end(child);
        child = launch({ CLOCK_OFFSET_MS: String(clockOffsetMs) });
        const again = readFacts(await readPage(child), dataDir);
        if (again.consoleUrl !== facts.consoleUrl || again.sandboxUrl !== facts.sandboxUrl)
          throw new Error(`Restarted elsewhere: ${again.consoleUrl}, ${again.sandboxUrl}`);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readFacts(page: string, dataDir: string): Omit<Product, "stop" | "restart"> {
  const fact = (pattern: RegExp): string => {
    const found = pattern.exec(page)?.[1];
    if (!found) throw new Error(`The start page does not match ${pattern}:\n${page}`);
    return found;
  };
  const missing = /^\s+Demo\s+(.*)$/m.exec(page)?.[1];
  if (missing) throw new Error(`The demo is ${missing}`);
  const secrets = openSecrets(dataDir);
  return {
    consoleUrl: fact(/^\s+Console\s+(\S+)$/m),
    signInUrl: fact(/^\s+Sign in\s+(\S+#token=\S+)/m),
    email: fact(/^\s+or with\s+(\S+)/m),
    password: fact(/^\s+or with\s+\S+\s+(\S+)/m),
    sandboxUrl: fact(/^\s+Sandbox\s+(\S+)/m),
    databaseUrl: `postgres://${appRole}:${secrets("database_app")}@${fact(/^\s+Database\s+([\w.]+:\d+)/m)}/holdfast`,
  };
}

/** The output up to the last line of the start page. */
function readPage(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`Not up within ${UP_MS / 1000} s:\n${text}`)), UP_MS);
    const read = (bytes: Buffer) => {
      // After the page come log lines for as long as it runs: nothing of them is kept.
      if (text.includes("Ctrl-C stops everything")) return;
      text += bytes.toString();
      if (!text.includes("Ctrl-C stops everything")) return;
      clearTimeout(timer);
      resolve(text);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`It ended with ${code}:\n${text}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

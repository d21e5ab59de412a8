/**
 * The outside companies on this machine, as one process on 127.0.0.1 with books of its own.
 *
 * Run by `bin/sandbox` with PORT (4010, else the next free one), DATA_DIR (`:memory:` keeps nothing) and
 * WEBHOOK_BASE (the server's `/webhooks` URL). Prints one JSON line `{"ready":true,"port":…}` when it listens.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { loopbackIdentity, openAuthority, type Authority } from "./core/authority.ts";
import type { Company } from "./core/company.ts";
import { createControl } from "./core/control.ts";
import { takeBoth } from "./core/front.ts";
import { createRouter } from "./core/router.ts";
import { openWorlds } from "./core/worlds.ts";
import { customerApp } from "./customer-app/index.ts";
import { github } from "./github/index.ts";
import { google } from "./google/index.ts";
import { anthropic, glama, openai, openrouter, requesty } from "./llm/index.ts";
import { oidc } from "./oidc/index.ts";
import { paypal } from "./paypal/index.ts";
import { resend } from "./resend/index.ts";
import { company as stripe } from "./stripe/index.ts";

const COMPANIES: readonly Company[] = [
  stripe,
  paypal,
  openrouter,
  openai,
  glama,
  requesty,
  anthropic,
  google,
  github,
  oidc,
  resend,
  customerApp,
];
const FIRST_PORT = 4010;
/** Ports tried after the first one. */
const PORT_TRIES = 100;

export type SandboxOptions = {
  /** 0 for any free one; a taken port is an error only when `exactPort` is set. */
  port?: number;
  exactPort?: boolean;
  /** A folder, or `:memory:` (the default). */
  dataDir?: string;
  /** The server's `/webhooks` URL, for the default world. */
  webhookBase?: string | null;
};
export type Sandbox = {
  port: number;
  url: string;
  /** What signs for PayPal here; tests sign events of their own with it. */
  authority: Authority;
  close(): Promise<void>;
};

function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    };
    server.once("error", failed);
    server.listen(port, "127.0.0.1", 4096, () => {
      server.off("error", failed);
      resolve(true);
    });
  });
}

/** Starts the sandbox inside this process, e.g. for one test file. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 300_000 });
  const wanted = options.port ?? 0;
  const tries = wanted === 0 || options.exactPort === true ? 1 : PORT_TRIES;
  let listening = false;
  for (let i = 0; i < tries && !listening; i++)
    listening = await listen(server, wanted === 0 ? 0 : wanted + i);
  if (!listening) throw new Error(`No free port from ${wanted} on`);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const dataDir = options.dataDir ?? ":memory:";
  const authority = openAuthority(dataDir);
  const dropConnections = takeBoth(server, loopbackIdentity(authority));
  const worlds = openWorlds({
    dataDir,
    authority,
    baseUrl: url,
    webhookBase: options.webhookBase ?? null,
    companies: COMPANIES,
  });
  server.on("request", createRouter(COMPANIES, worlds, createControl(COMPANIES, worlds)));
  return {
    port,
    url,
    authority,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      dropConnections();
      await closed;
      await worlds.close();
    },
  };
}

async function main(): Promise<void> {
  const port = Number(process.env["PORT"] ?? FIRST_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error("PORT is a number from 0 to 65535");
  const sandbox = await startSandbox({
    port,
    dataDir: process.env["DATA_DIR"] ?? ":memory:",
    webhookBase: process.env["WEBHOOK_BASE"] ?? null,
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void sandbox.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdout.write(`${JSON.stringify({ ready: true, port: sandbox.port, url: sandbox.url })}\n`);
}

if (import.meta.main) await main();

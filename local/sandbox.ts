/** The outside companies of a local run: the sandbox process, and the credentials it gives for its world `default`. */
import path from "node:path";
import { keepRunning, type Child, type ChildOptions } from "./child.ts";
import { root } from "./project.ts";

type ModelCompany = { api_key: string; base_url: string; management_key?: string };

export type Credentials = {
  stripe: { api_key: string; webhook_secret: string; base_url: string };
  paypal: {
    client_id: string;
    client_secret: string;
    base_url: string;
    webhook_id: string;
    /** The certificate to trust, as PEM text, and the host and port that serve the certificates below it. */
    cert_roots: string;
    cert_hosts: string;
  };
  openrouter: ModelCompany;
  openai: ModelCompany;
  glama: ModelCompany;
  requesty: ModelCompany;
  anthropic: ModelCompany;
  resend: {
    api_key: string;
    webhook_secret: string;
    base_url: string;
    from: string;
    mailbox_url: string;
  };
  google: { client_id: string; client_secret: string; issuer: string };
  github: { client_id: string; client_secret: string; login_url: string; api_url: string };
  oidc: { dns_url: string };
};

export type Sandbox = {
  url: string;
  /** Tells it where the server takes webhooks; the answer is the same at every start. */
  introduce(webhookBase: string): Promise<Credentials>;
  stop(): Promise<void>;
};

const wantedPort = 4010;
const readyTimeoutMs = 15_000;

type Options = Omit<ChildOptions, "name" | "args" | "env" | "patienceSeconds" | "line"> & {
  dataDir: string;
  line: (text: string) => void;
};

/**
 * Starts it and waits until it listens. Of two that want one port the later takes the next: the sandbox tells its port,
 * and is given the same one after a crash.
 */
export async function startSandbox(options: Options): Promise<Sandbox> {
  const env = { ...process.env, PORT: String(wantedPort), DATA_DIR: path.join(options.dataDir, "sandbox") };
  let child: Child;
  const ready = new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the sandbox is not ready after 15 s")), readyTimeoutMs);
    child = keepRunning({
      ...options,
      name: "sandbox",
      args: [path.join(root, "sandbox", "main.ts")],
      env,
      patienceSeconds: 5,
      line: (text) => {
        const port = readPort(text);
        if (port === null) return options.line(text);
        clearTimeout(late);
        env.PORT = String(port);
        child.ready();
        resolve(port);
      },
      lost: (how) => {
        clearTimeout(late);
        reject(new Error(`the sandbox does not run: ${how}`));
        options.lost(how);
      },
    });
  });
  const url = `http://127.0.0.1:${await ready}`;
  return { url, introduce: (webhookBase) => introduce(url, webhookBase), stop: () => child.stop() };
}

/** Where it listens, if this line tells it. */
function readPort(text: string): number | null {
  const told = text.startsWith("{") ? (JSON.parse(text) as { ready?: boolean; port?: number }) : {};
  return told.ready === true ? (told.port ?? null) : null;
}

async function introduce(url: string, webhookBase: string): Promise<Credentials> {
  const answer = await fetch(`${url}/_sandbox/worlds`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "default", webhook_base: webhookBase }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`the sandbox gave no credentials: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Credentials;
}

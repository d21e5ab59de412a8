import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Company } from "../core/company.ts";
import { createControl } from "../core/control.ts";
import { createRouter } from "../core/router.ts";
import { openAuthority } from "../core/authority.ts";
import { openWorlds } from "../core/worlds.ts";
import { openrouter } from "./index.ts";

const COMPANIES: readonly Company[] = [openrouter];

export type Alone = {
  url: string;
  key: string;
  /** `POST`, `PATCH`, … below `/_sandbox`, answering its JSON; throws unless 2xx. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A call below `/openrouter/api/v1` with the key. */
  call(
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response>;
  close(): Promise<void>;
};

/** This company without the others, on a free port: for its own tests. */
export async function startAlone(dataDir = ":memory:"): Promise<Alone> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const worlds = openWorlds({
    dataDir,
    baseUrl: url,
    webhookBase: null,
    companies: COMPANIES,
    authority: openAuthority(dataDir),
  });
  server.on("request", createRouter(COMPANIES, worlds, createControl(COMPANIES, worlds)));
  const control: Alone["control"] = async (method, path, body) => {
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const answer = await fetch(`${url}/_sandbox${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as unknown;
  };
  const world = (await control("GET", "/worlds/default")) as { openrouter: { api_key: string } };
  const key = world.openrouter.api_key;
  return {
    url,
    key,
    control,
    call(path, body, headers = {}, signal) {
      const auth = { authorization: `Bearer ${key}`, ...headers };
      const method = body === undefined ? "GET" : "POST";
      const json = body === undefined ? {} : { "content-type": "application/json" };
      return fetch(`${url}/openrouter/api/v1${path}`, {
        method,
        headers: { ...auth, ...json },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await worlds.close();
    },
  };
}

export type Chunk = {
  id: string;
  model: string;
  choices: {
    delta: { role?: string; content?: string | null; tool_calls?: unknown[] };
    finish_reason: string | null;
  }[];
  usage?: Usage;
  error?: { code: number; message: string };
};
export type Usage = {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cost: number;
  prompt_tokens_details: { cached_tokens: number };
};

/** The events of a stream that was read to its end. */
export function eventsOf(text: string): { chunks: Chunk[]; comments: number; done: boolean } {
  const chunks: Chunk[] = [];
  let comments = 0;
  let done = false;
  for (const block of text.split("\n\n")) {
    if (block.startsWith(":")) comments++;
    else if (block === "data: [DONE]") done = true;
    else if (block.startsWith("data: ")) chunks.push(JSON.parse(block.slice(6)) as Chunk);
  }
  return { chunks, comments, done };
}

export const contentOf = (chunks: readonly Chunk[]): string =>
  chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

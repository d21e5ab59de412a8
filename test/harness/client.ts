/** Calls a server over HTTP as its clients do: a browser on our pages, an API key, or nobody. */
import { randomUUID } from "node:crypto";

export type Json = Record<string, unknown>;
export type Answer<Body = Json> = { status: number; body: Body; text: string; headers: Headers };
export type CallOptions = {
  body?: unknown;
  headers?: Record<string, string>;
  /** Sent as Idempotency-Key; left out: a fresh one with every POST; null: none. */
  idempotencyKey?: string | null;
};

export type Client = {
  /** What proves who is calling. */
  readonly headers: Readonly<Record<string, string>>;
  call<Body = Json>(method: string, path: string, options?: CallOptions): Promise<Answer<Body>>;
};

const TIMEOUT_MS = 30_000;

export function createClient(url: string, headers: Readonly<Record<string, string>> = {}): Client {
  return {
    headers,
    async call<Body = Json>(method: string, path: string, options: CallOptions = {}): Promise<Answer<Body>> {
      const { body } = options;
      const { idempotencyKey = method === "POST" ? randomUUID() : null } = options;
      const raw = typeof body === "string" || body instanceof Uint8Array;
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(idempotencyKey === null ? {} : { "idempotency-key": idempotencyKey }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.text();
      const json = /json\b/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(text) : {};
      return { status: answer.status, body: json as Body, text, headers: answer.headers };
    },
  };
}

/** The client that a sign-in's answer makes: its cookie, and what our own pages send along. */
export function browserClient(url: string, signedIn: Answer): Client {
  if (signedIn.status !== 200) throw new Error(`not signed in: ${signedIn.status} ${signedIn.text}`);
  const cookie = signedIn.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  const csrfToken = String((signedIn.body.session as Json).csrf_token);
  return createClient(url, { cookie, "x-csrf-token": csrfToken, origin: new URL(url).origin });
}

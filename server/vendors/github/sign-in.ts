import { createHash } from "node:crypto";
import { z } from "zod";
import type { Metrics } from "../../platform/telemetry/index.ts";
import { createCall, GithubRefusal, type GithubCall } from "./call.ts";

export type GithubOptions = {
  clientId: string;
  clientSecret: string;
  /** Without a slash at the end: https://github.com. */
  loginUrl: string;
  /** Without a slash at the end: https://api.github.com. */
  apiUrl: string;
  metrics: Metrics;
  /** Milliseconds of each call; default 5 s. */
  timeoutMs?: number;
};

/** GitHub vouches for the primary address only, and only when it is verified; otherwise there is none. */
type Person = { subject: string; email: string | null; emailVerified: boolean; name: string | null };

type Outcome =
  | { kind: "person"; person: Person }
  | { kind: "denied" }
  | { kind: "refused"; cause: unknown }
  | { kind: "unavailable"; cause: unknown };

export type GithubSignIn = {
  start(ask: { redirectUri: string; state: string; verifier: string; hint?: string }): Promise<{
    kind: "ready";
    url: string;
  }>;
  /** Never throws for what GitHub does. `answer` is the query of the callback. */
  finish(finish: { answer: URLSearchParams; redirectUri: string; verifier: string }): Promise<Outcome>;
};

const TIMEOUT_MS = 5_000;
const SCOPE = "read:user user:email";

const tokenAnswer = z.object({ access_token: z.string().min(1) });
const userAnswer = z.object({ id: z.number().int().positive(), name: z.string().nullish() });
const emailsAnswer = z
  .array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))
  .max(1_000);

export function createGithubSignIn(options: GithubOptions): GithubSignIn {
  const call = createCall(options.metrics, options.timeoutMs ?? TIMEOUT_MS);
  return {
    start(ask) {
      const url = new URL(`${options.loginUrl}/login/oauth/authorize`);
      const fields = {
        client_id: options.clientId,
        redirect_uri: ask.redirectUri,
        scope: SCOPE,
        state: ask.state,
        code_challenge: createHash("sha256").update(ask.verifier).digest("base64url"),
        code_challenge_method: "S256",
        ...(ask.hint === undefined ? {} : { login: ask.hint }),
      };
      url.search = new URLSearchParams(fields).toString();
      return Promise.resolve({ kind: "ready", url: url.href });
    },
    async finish({ answer, redirectUri, verifier }) {
      const error = answer.get("error");
      if (error === "access_denied") return { kind: "denied" };
      const code = answer.get("code");
      if (error !== null || code === null)
        return { kind: "refused", cause: new Error("the callback carries no code") };
      try {
        const token = await exchange(call, options, { code, redirectUri, verifier });
        return { kind: "person", person: await readPerson(call, options.apiUrl, token) };
      } catch (cause) {
        return { kind: cause instanceof GithubRefusal ? "refused" : "unavailable", cause };
      }
    },
  };
}

async function exchange(
  call: GithubCall,
  { loginUrl, clientId, clientSecret }: GithubOptions,
  given: { code: string; redirectUri: string; verifier: string },
): Promise<string> {
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret,
    code: given.code,
    redirect_uri: given.redirectUri,
    code_verifier: given.verifier,
  });
  const url = `${loginUrl}/login/oauth/access_token`;
  return (await call("token", { method: "POST", url, form }, tokenAnswer)).access_token;
}

async function readPerson(call: GithubCall, apiUrl: string, token: string): Promise<Person> {
  const headers = { authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" };
  const [user, emails] = await Promise.all([
    call("user", { method: "GET", url: `${apiUrl}/user`, headers }, userAnswer),
    call("emails", { method: "GET", url: `${apiUrl}/user/emails`, headers }, emailsAnswer),
  ]);
  const primary = emails.find((each) => each.primary);
  return {
    subject: String(user.id),
    email: primary?.email.toLowerCase() ?? null,
    emailVerified: primary?.verified ?? false,
    name: user.name?.trim() || null,
  };
}

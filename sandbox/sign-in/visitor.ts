/** For tests of the sandbox: a browser without a window, that picks a person on the consent page. */
import { startSandbox, type Sandbox } from "../main.ts";

export type Credentials = {
  google: { client_id: string; client_secret: string; issuer: string };
  github: { client_id: string; client_secret: string; login_url: string; api_url: string };
  oidc: { client_id: string; client_secret: string; issuer: string; dns_url: string };
};

export const CALLBACK = "http://127.0.0.1:3000/api/auth/oauth/google/callback";

export async function openWorld(): Promise<{ sandbox: Sandbox; credentials: Credentials }> {
  const sandbox = await startSandbox();
  const body = JSON.stringify({ name: "w1", clock: "manual" });
  const answer = await fetch(`${sandbox.url}/_sandbox/worlds`, { method: "POST", body });
  return { sandbox, credentials: (await answer.json()) as Credentials };
}

/** A call of the sandbox's control on world `w1`. */
export async function control(
  { url }: Sandbox,
  method: string,
  path: string,
  body: object = {},
): Promise<Record<string, unknown>> {
  const init = method === "GET" ? { method } : { method, body: JSON.stringify({ world: "w1", ...body }) };
  const answer = await fetch(`${url}/_sandbox${path}?world=w1`, init);
  return (await answer.json()) as Record<string, unknown>;
}

/** The next token call goes wrong in this way. */
export const spoil = (sandbox: Sandbox, company: string, fault: string) =>
  control(sandbox, "POST", "/faults", { company, fault, times: 1, match: { path: "*token" } });

/** Picks somebody on the page; answers where the page sent the browser. */
export async function pick(authorizeUrl: URL | string, person: string, email = ""): Promise<URL> {
  const answer = await fetch(authorizeUrl, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ person, email }),
  });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`the page did not send the browser back: ${answer.status}`);
  return new URL(location);
}

/** A browser without a window: keeps cookies, goes where it is sent, and picks a person on a company's consent page. */
import { createClient, type Answer, type Client, type Json } from "./client.ts";

export type Visitor = {
  /** One call to the server with this browser's cookies; `at` is another process of it. */
  call<Body = Json>(
    method: string,
    path: string,
    options?: { body?: unknown; at?: string },
  ): Promise<Answer<Body>>;
  /** Follows the start of a visit to a company, picks a person there; answers the way back, not yet gone. */
  visit(path: string, person: string, email?: string): Promise<URL>;
  /** Goes the way back; answers the path of our page that it leads to. */
  comeBack(back: URL, at?: string): Promise<string>;
  /** All of it. */
  signInWith(provider: string, person: string, email?: string): Promise<string>;
  /** Who is signed in here; null for nobody. */
  me(): Promise<string | null>;
  /** Signs in by password. */
  signIn(email: string, password: string): Promise<void>;
  readonly cookies: ReadonlyMap<string, string>;
};

export function openBrowser(url: string): Visitor {
  const cookies = new Map<string, string>();
  let csrfToken = "";
  const client = (at: string): Client =>
    createClient(at, {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      origin: new URL(url).origin,
      "x-csrf-token": csrfToken,
    });
  const keep = (answer: Answer<unknown>): void => {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ""] = line.split(";", 1);
      const mark = pair.indexOf("=");
      cookies.set(pair.slice(0, mark), pair.slice(mark + 1));
    }
  };
  const visitor: Visitor = {
    cookies,
    async call<Body = Json>(
      method: string,
      path: string,
      { body, at = url }: { body?: unknown; at?: string } = {},
    ) {
      const answer = await client(at).call<Body>(method, path, body === undefined ? {} : { body });
      keep(answer);
      return answer;
    },
    async visit(path, person, email = "") {
      const answer = path.startsWith("/") ? await visitor.call("GET", path) : null;
      const page = answer ? answer.headers.get("location") : path;
      if (!page) throw new Error(`no way to the company: ${answer?.status} ${answer?.text}`);
      if (page.startsWith("/")) throw new Error(`sent to ${page} instead of the company`);
      const form = new URLSearchParams({ person, email });
      const picked = await fetch(page, { method: "POST", body: form, redirect: "manual" });
      const back = picked.headers.get("location");
      if (!back) throw new Error(`no way back: ${picked.status} ${await picked.text()}`);
      return new URL(back);
    },
    async comeBack(back, at = url) {
      const answer = await visitor.call("GET", `${back.pathname}${back.search}`, { at });
      const path = answer.headers.get("location");
      if (answer.status !== 302 || !path) throw new Error(`not sent on: ${answer.status} ${answer.text}`);
      const { status, body } = await visitor.call("GET", "/api/auth/me");
      if (status === 200) csrfToken = String((body.session as Json).csrf_token);
      return path;
    },
    async signInWith(provider, person, email) {
      return visitor.comeBack(await visitor.visit(`/api/auth/oauth/${provider}`, person, email));
    },
    async me() {
      const { status, body } = await visitor.call("GET", "/api/auth/me");
      return status === 200 ? String((body.user as Json).email) : null;
    },
    async signIn(email, password) {
      const answer = await visitor.call("POST", "/api/auth/login", { body: { email, password } });
      if (answer.status !== 200) throw new Error(`not signed in: ${answer.text}`);
      csrfToken = String((answer.body.session as Json).csrf_token);
    },
  };
  return visitor;
}

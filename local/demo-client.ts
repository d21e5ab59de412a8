/** Calls the public API as the console does: session cookie, CSRF token, one idempotency key per intent. */

export type Json = Record<string, unknown>;

export class Refused extends Error {
  readonly status: number;
  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path}: ${status} ${body.slice(0, 300)}`);
    this.status = status;
  }
}

type Options = { body?: unknown; idempotencyKey?: string; bearer?: string };

export class DemoClient {
  private readonly address: string;
  private readonly origin: string;
  private cookie = "";
  private csrfToken = "";

  /** `address` is where the server listens; `baseUrl` is where it believes it is, whose origin a browser would send. */
  constructor(address: string, baseUrl: string) {
    this.address = address;
    this.origin = new URL(baseUrl).origin;
  }

  async signIn(email: string, password: string): Promise<void> {
    const { session } = (await this.call("POST", "/api/auth/login", { body: { email, password } })) as {
      session: { csrf_token: string };
    };
    this.csrfToken = session.csrf_token;
  }

  /** The JSON of a 2xx answer, null when it has no body. Throws `Refused` otherwise. */
  async call(method: string, path: string, options: Options = {}): Promise<Json | null> {
    const headers: Record<string, string> = { origin: this.origin };
    if (options.body !== undefined) headers["content-type"] = "application/json";
    if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
    if (options.bearer) headers["authorization"] = `Bearer ${options.bearer}`;
    else if (this.cookie) Object.assign(headers, { cookie: this.cookie, "x-csrf-token": this.csrfToken });
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(method, path, answer.status, text);
    const cookies = answer.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? "");
    if (cookies.length > 0) this.cookie = cookies.join("; ");
    return text ? (JSON.parse(text) as Json) : null;
  }
}

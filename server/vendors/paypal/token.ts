import { z } from "zod";
import { faultOf, PaypalFault } from "./fault.ts";

/** A token is renewed this long before its end. */
const SPARE_MS = 60_000;

export type Ask = (request: {
  method: "GET" | "POST" | "DELETE";
  path: string;
  headers: Record<string, string>;
  body: string | null;
  signal?: AbortSignal;
}) => Promise<{ status: number; body: unknown }>;

const granted = z.object({
  access_token: z.string().min(1).max(4_096),
  expires_in: z.number().int().min(1).max(604_800),
});

export type Token = {
  /** The access token; one request for it at a time. Throws `PaypalFault`: a refused client is not the call's fault. */
  get(): Promise<string>;
  forget(): void;
};

/** The client's access token, kept until a minute before its end. */
export function createToken(ask: Ask, client: { clientId: string; clientSecret: string }): Token {
  const basic = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString("base64");
  let known: { value: string; until: number } | null = null;
  let asking: Promise<string> | null = null;

  const fetchToken = async (): Promise<string> => {
    const { status, body } = await ask({
      method: "POST",
      path: "/v1/oauth2/token",
      headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
      body: "grant_type=client_credentials",
    });
    if (status !== 200) {
      const { code, cause, answered5xx } = faultOf(status, body);
      throw new PaypalFault("unavailable", `token_${code}`, cause, answered5xx);
    }
    const parsed = granted.safeParse(body);
    if (!parsed.success) throw new PaypalFault("unavailable", "token_unreadable", parsed.error);
    const { access_token: value, expires_in } = parsed.data;
    known = { value, until: performance.now() + expires_in * 1_000 - SPARE_MS };
    return value;
  };
  return {
    get() {
      if (known && performance.now() < known.until) return Promise.resolve(known.value);
      asking ??= fetchToken().finally(() => (asking = null));
      return asking;
    },
    forget: () => void (known = null),
  };
}

import { hmac, newToken } from "../../../platform/crypto/index.ts";
import type { IdentityConfig } from "../config.ts";
import { isPlain } from "../cookie.ts";
import type { Visit } from "./provider.ts";

/** A visit to another company ends within this time, and so does what it may lead to. */
export const FLOW_MS = 10 * 60_000;
const SECRET = /^[0-9A-Za-z]{43}$/;
const MAX_PATH = 2_048;

/** The random that only this browser has; verifier and nonce of each visit follow from it, so that nobody else can end one. */
export const newBrowserSecret = newToken;
export const newState = newToken;
export const isFlowSecret = (text: string | null): text is string => text !== null && SECRET.test(text);

/** The visit of a browser under a state. */
export function visitOf(browser: string, state: string, redirectUri: string): Visit {
  const derive = (label: string): string => hmac(browser, `${label} ${state}`).toString("base64url");
  return { redirectUri, state, verifier: derive("verifier"), nonce: derive("nonce") };
}

/** A path of our own pages; `/` for anything that leads elsewhere. */
export function ownPath(given: string | undefined, baseUrl: string): string {
  if (given === undefined || given.length > MAX_PATH || !/^\/(?![/\\])/.test(given)) return "/";
  if (!URL.canParse(given, baseUrl)) return "/";
  const url = new URL(given, baseUrl);
  // A path that resolves to two slashes, such as `/..//x`, names a host when it is read again.
  if (url.origin !== new URL(baseUrl).origin || /^\/(\/|api\/)/.test(url.pathname)) return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}

/** The path with fields added to its query. */
export function withQuery(path: string, fields: Record<string, string>): string {
  const url = new URL(path, "http://own");
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return `${url.pathname}${url.search}${url.hash}`;
}

export type FlowCookie = {
  set(secret: string): string;
  /** The browser's secret; null when it has none of ours. */
  read(header: string | string[] | undefined): string | null;
};

/** Holds the browser's secret while it is away. Lax, so that it comes along when the other company sends the browser back. */
export function flowCookie(config: Pick<IdentityConfig, "BASE_URL" | "NODE_ENV">): FlowCookie {
  const plain = isPlain(config);
  const name = plain ? "hf_flow" : "__Host-hf_flow";
  const rest = `; Path=/; HttpOnly; SameSite=Lax${plain ? "" : "; Secure"}`;
  return {
    set: (secret) => `${name}=${secret}; Max-Age=${FLOW_MS / 1000}${rest}`,
    read(header) {
      if (typeof header !== "string") return null;
      const part = header.split(";").find((pair) => pair.trimStart().startsWith(`${name}=`));
      const secret = part?.trim().slice(name.length + 1) ?? null;
      return isFlowSecret(secret) ? secret : null;
    },
  };
}

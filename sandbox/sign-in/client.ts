/** The one client that each world has at each company: its id names the world. */
import { createHash, hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Asked, World } from "../core/company.ts";

const WORLD = "[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?";

export type ClientStyle = {
  company: string;
  /** Around the world's name: `sandbox-{world}.apps.googleusercontent.com`. */
  id: readonly [before: string, after: string];
  secretPrefix: string;
  /** Where the console's server takes people back, unless told otherwise. */
  callbackPath: string;
};

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

export function clientId({ id: [before, after] }: ClientStyle, world: Pick<World, "name">): string {
  return `${before}${world.name}${after}`;
}

export function clientSecret(style: ClientStyle, world: Pick<World, "seed">): string {
  return `${style.secretPrefix}${hash("sha256", `${style.company}\n${world.seed}`).slice(0, 28)}`;
}

/** The world that a client id names. */
export function worldOfClient({ id: [before, after] }: ClientStyle, given: string): string | null {
  return new RegExp(`^${escape(before)}(${WORLD})${escape(after)}$`).exec(given)?.[1] ?? null;
}

export type Fields = Readonly<Record<string, string>>;

/** The fields of a request's form, or of its JSON body; none when it has neither. */
export function fieldsOf(headers: IncomingHttpHeaders, rawBody: Buffer): Fields {
  if (!(headers["content-type"] ?? "").startsWith("application/json"))
    return Object.fromEntries(new URLSearchParams(rawBody.toString()));
  try {
    const body: unknown = JSON.parse(rawBody.toString());
    if (typeof body !== "object" || body === null) return {};
    return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
  } catch {
    // Not JSON after all: a body without fields, which the company refuses in its own words.
    return {};
  }
}

/** Id and secret as Basic credentials or as fields. */
export function presentedClient(
  headers: IncomingHttpHeaders,
  fields: Fields,
): { id: string; secret: string } {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? "")?.[1];
  if (basic === undefined) return { id: fields["client_id"] ?? "", secret: fields["client_secret"] ?? "" };
  const [id = "", secret = ""] = Buffer.from(basic, "base64").toString().split(":", 2);
  return { id: unescapeForm(id), secret: unescapeForm(secret) };
}

/** RFC 6749, 2.3.1: both halves are form-encoded before they are joined. */
const unescapeForm = (text: string): string => new URLSearchParams(`v=${text}`).get("v") ?? "";

/** The client id of a request, wherever it stands. */
export function idIn(headers: IncomingHttpHeaders, { query, rawBody }: Asked): string {
  return query.get("client_id") ?? presentedClient(headers, fieldsOf(headers, rawBody)).id;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export function isClient(style: ClientStyle, world: World, given: { id: string; secret: string }): boolean {
  const sameSecret = timingSafeEqual(digest(given.secret), digest(clientSecret(style, world)));
  return given.id === clientId(style, world) && sameSecret;
}

const LOOPBACK = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):\d{1,5}$/;

/** Whether this address is registered for the world's client; until some are, its callback on any loopback port. */
export function isRegistered(style: ClientStyle, world: World, redirectUri: string): boolean {
  const row = world.store.get("select redirects from sign_in_clients where company = ?", style.company);
  if (row !== null) return (JSON.parse(String(row["redirects"])) as string[]).includes(redirectUri);
  if (!redirectUri.endsWith(style.callbackPath)) return false;
  return LOOPBACK.test(redirectUri.slice(0, -style.callbackPath.length));
}

export function registerRedirects(world: World, company: string, redirects: readonly string[]): void {
  const sql = "insert or replace into sign_in_clients (company, redirects) values (?, ?)";
  world.store.run(sql, company, JSON.stringify(redirects));
}

/** RFC 7636: without a challenge there is nothing to prove. */
export function provesChallenge(challenge: string | null, verifier: string | undefined): boolean {
  if (challenge === null) return verifier === undefined;
  return verifier !== undefined && createHash("sha256").update(verifier).digest("base64url") === challenge;
}

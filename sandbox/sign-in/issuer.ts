/**
 * An OpenID issuer as a company: discovery, keys, consent page, token, userinfo, revocation. Google is one with its own
 * addresses and words, the generic issuer another.
 */
import type { ServerResponse } from "node:http";
import type { Asked, Company, ControlRequest, ErrorKind, Exchange, World } from "../core/company.ts";
import { authorize } from "./authorize.ts";
import {
  clientId,
  clientSecret,
  fieldsOf,
  idIn,
  isClient,
  presentedClient,
  provesChallenge,
  registerRedirects,
  worldOfClient,
  type ClientStyle,
} from "./client.ts";
import { findToken, insertToken, listSignIns, openGrants, revokeToken, spendCode } from "./grants.ts";
import { claimsOf, makeIdToken, TOKEN_FAULTS } from "./id-token.ts";
import { jwksOf, keysOf, rotateKeys } from "./keys.ts";
import { messagePage, sendPage, serveStyle, type Brand } from "./page.ts";

export type IssuerStyle = {
  brand: Brand;
  client: ClientStyle;
  /** Below the issuer. */
  paths: { authorize: string; token: string; userinfo: string; revoke: string; jwks: string };
  /** What discovery says besides the addresses. */
  discovery: Readonly<Record<string, unknown>>;
  /** The access tokens' prefix. */
  tokenPrefix: string;
  /** Operations of its own, by method and path below the issuer. */
  more?: Readonly<Record<string, (exchange: Exchange) => void | Promise<void>>>;
  /** Further credentials. */
  credentials?(world: World): Record<string, string>;
  control?(request: ControlRequest): boolean;
};

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": status === 200 ? "no-cache, no-store" : "no-store",
  });
  res.end(JSON.stringify(body));
}

const DISCOVERY = "/.well-known/openid-configuration";
const WORLD_PATH = /^\/([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)(\/.*)$/;

/** `/{world}/token` → world and `/token`. The issuer's address names the world: discovery and keys need no credential. */
function split(path: string): { world: string; rest: string } | null {
  const [, world, rest] = WORLD_PATH.exec(path) ?? [];
  return world === undefined || rest === undefined ? null : { world, rest };
}

type Kit = { style: IssuerStyle; company: string; issuerOf(world: World): string };

export function createIssuer(style: IssuerStyle): Company {
  const company = style.brand.company;
  const issuerOf = (world: World): string => `${world.baseUrl}/${company}/${world.name}`;
  const kit: Kit = { style, company, issuerOf };
  const { paths } = style;
  const routes: Record<string, (exchange: Exchange) => void | Promise<void>> = {
    [`GET ${DISCOVERY}`]: ({ world, res }) => sendJson(res, 200, discoveryOf(kit, world)),
    [`GET ${paths.jwks}`]: async ({ world, res }) => sendJson(res, 200, jwksOf(await keysOf(world, company))),
    [`GET ${paths.authorize}`]: (exchange) => showConsent(kit, exchange),
    [`POST ${paths.authorize}`]: (exchange) => showConsent(kit, exchange),
    [`POST ${paths.token}`]: (exchange) => giveTokens(kit, exchange),
    [`GET ${paths.userinfo}`]: (exchange) => tellUser(kit, exchange),
    [`POST ${paths.revoke}`]: (exchange) => revoke(kit, exchange),
    ...style.more,
  };
  return {
    name: company,
    faults: TOKEN_FAULTS,
    worldOf: (headers, asked) => worldIn(kit, headers, asked),
    unauthorized: (res, headers, asked) => refuseClient(kit, res, asked),
    async handle(exchange) {
      const rest = split(exchange.path)?.rest ?? "";
      const route = routes[`${exchange.method} ${rest}`];
      if (route !== undefined) return route(exchange);
      sendJson(exchange.res, 501, { error: "sandbox_not_implemented" });
    },
    error: writeError,
    credentials: (world) => ({
      client_id: clientId(style.client, world),
      client_secret: clientSecret(style.client, world),
      issuer: issuerOf(world),
      ...style.credentials?.(world),
    }),
    welcome: openGrants,
    page: ({ path, res }) => Promise.resolve(serveStyle(path, res)),
    control: (request) => control(kit, request),
    objects: (world, limit) =>
      listSignIns(world, company, limit).map(({ grant, createdMs, revoked }) => ({
        kind: "sign-in",
        id: String(claimsOf(company, grant.person)["sub"]),
        created: Math.floor(createdMs / 1000),
        state: revoked ? "revoked" : "granted",
        text: `${grant.person.name}, ${grant.scope}`,
        body: claimsOf(company, grant.person),
      })),
    coverage: () => ({
      basis: "official",
      operations: { built: Object.keys(routes).toSorted(), of: null },
      events: { built: [], of: 0 },
    }),
  };
}

/** The world in the path; where a client names itself too, both must mean the same. */
function worldIn({ style }: Kit, headers: Exchange["headers"], asked: Asked): string | null {
  const named = split(asked.path)?.world ?? null;
  const id = idIn(headers, asked);
  return id === "" || worldOfClient(style.client, id) === named ? named : null;
}

function refuseClient({ style }: Kit, res: ServerResponse, { method, path }: Asked): void {
  if (method === "GET" && path.endsWith(style.paths.authorize)) {
    const text = "The OAuth client was not found. Error 401: invalid_client";
    return sendPage(res, 401, messagePage(style.brand, "Access blocked", text));
  }
  sendJson(res, 401, { error: "invalid_client", error_description: "The OAuth client was not found." });
}

function writeError(res: ServerResponse, status: number, kind: ErrorKind): void {
  const errors: Partial<Record<ErrorKind, string>> = {
    rate_limit: "rate_limit_exceeded",
    not_implemented: "sandbox_not_implemented",
  };
  sendJson(res, kind === "not_implemented" ? 501 : status, { error: errors[kind] ?? "internal_failure" });
}

function discoveryOf({ style, issuerOf }: Kit, world: World): Record<string, unknown> {
  const issuer = issuerOf(world);
  return {
    issuer,
    authorization_endpoint: issuer + style.paths.authorize,
    token_endpoint: issuer + style.paths.token,
    userinfo_endpoint: issuer + style.paths.userinfo,
    revocation_endpoint: issuer + style.paths.revoke,
    jwks_uri: issuer + style.paths.jwks,
    ...style.discovery,
  };
}

function showConsent({ style, company }: Kit, exchange: Exchange): void {
  authorize(exchange, {
    style: style.client,
    brand: style.brand,
    path: `/${company}/${exchange.world.name}${style.paths.authorize}`,
    mismatch: "Error 400: redirect_uri_mismatch. The address is not registered for this client:",
    refusal(query) {
      if (query.get("response_type") !== "code")
        return { error: "unsupported_response_type", description: "Only response_type=code is built" };
      if (!(query.get("scope") ?? "").split(" ").includes("openid"))
        return { error: "invalid_scope", description: "scope must contain openid" };
      return null;
    },
    newCode: (world) => `4/0A${world.random(`${company}:code`).id(62)}`,
  });
}

async function giveTokens({ style, company, issuerOf }: Kit, exchange: Exchange): Promise<void> {
  const { world, headers, rawBody, res, fault } = exchange;
  const fields = fieldsOf(headers, rawBody);
  if (!isClient(style.client, world, presentedClient(headers, fields)))
    return sendJson(res, 401, { error: "invalid_client", error_description: "Unauthorized" });
  if (fields["grant_type"] !== "authorization_code")
    return sendJson(res, 400, {
      error: "unsupported_grant_type",
      error_description: `Invalid grant_type: ${fields["grant_type"] ?? ""}`,
    });
  const code = fields["code"] ?? "";
  const grant = spendCode(world, company, code);
  const spoilt = fault?.fault === "expired_code" || fault?.fault === "replayed_code";
  if (grant === null || spoilt || !provesChallenge(grant.challenge, fields["code_verifier"]))
    return sendJson(res, 400, { error: "invalid_grant", error_description: "Bad Request" });
  if (fields["redirect_uri"] !== grant.redirectUri)
    return sendJson(res, 400, { error: "redirect_uri_mismatch", error_description: "Bad Request" });
  const token = `${style.tokenPrefix}${world.random(`${company}:token`).id(96)}`;
  insertToken(world, { company, token, code, grant });
  const making = { company, issuer: issuerOf(world), grant, accessToken: token, fault };
  sendJson(res, 200, {
    access_token: token,
    expires_in: 3_599,
    scope: grant.scope,
    token_type: "Bearer",
    id_token: await makeIdToken(world, making),
  });
}

function tellUser({ company }: Kit, { world, headers, res }: Exchange): void {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const grant = findToken(world, company, token);
  if (grant !== null) return sendJson(res, 200, claimsOf(company, grant.person));
  res.setHeader("www-authenticate", 'Bearer realm="accounts", error="invalid_token"');
  sendJson(res, 401, { error: "invalid_request", error_description: "Invalid Credentials" });
}

function revoke({ company }: Kit, { world, headers, rawBody, query, res }: Exchange): void {
  const token = fieldsOf(headers, rawBody)["token"] ?? query.get("token") ?? "";
  if (revokeToken(world, company, token)) return sendJson(res, 200, {});
  sendJson(res, 400, { error: "invalid_token", error_description: "Token expired or revoked" });
}

async function control({ style, company }: Kit, request: ControlRequest): Promise<boolean> {
  const { method, path, body, world, answer } = request;
  if (`${method} ${path}` === "POST /rotate-keys") {
    await rotateKeys(world, company);
    answer(200, jwksOf(await keysOf(world, company)));
    return true;
  }
  return (
    takeRedirects(company, request) ||
    (style.control?.({ method, path, body, world, answer, query: request.query }) ?? false)
  );
}

/** `PUT /redirects {redirect_uris}`: where this world's client may send people back. */
export function takeRedirects(
  company: string,
  { method, path, body, world, answer }: ControlRequest,
): boolean {
  if (`${method} ${path}` !== "PUT /redirects") return false;
  const given = (body as { redirect_uris?: unknown } | null)?.redirect_uris;
  if (!Array.isArray(given) || !given.every((each) => typeof each === "string" && URL.canParse(each))) {
    const detail = "redirect_uris must be a list of addresses";
    answer(422, { type: "about:blank", title: "That makes no sense here", status: 422, detail });
    return true;
  }
  registerRedirects(world, company, given as string[]);
  answer(200, { redirect_uris: given });
  return true;
}

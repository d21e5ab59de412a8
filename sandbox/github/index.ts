/**
 * Sign-in with GitHub on this machine: the consent page and the token below `/github/login/oauth`, the person and their
 * addresses below `/github/api/v3`. As at GitHub, a refused token request is answered with 200 and an `error`.
 */
import type { ServerResponse } from "node:http";
import type { Asked, Company, ErrorKind, Exchange, World } from "../core/company.ts";
import { authorize } from "../sign-in/authorize.ts";
import {
  clientId,
  clientSecret,
  fieldsOf,
  idIn,
  isClient,
  presentedClient,
  provesChallenge,
  worldOfClient,
  type ClientStyle,
} from "../sign-in/client.ts";
import { insertToken, listSignIns, openGrants, spendCode } from "../sign-in/grants.ts";
import { sendJson, takeRedirects } from "../sign-in/issuer.ts";
import { messagePage, sendPage, serveStyle, type Brand } from "../sign-in/page.ts";
import { listEmails, showUser, worldOfToken } from "./user.ts";

const COMPANY = "github";
const AUTHORIZE = "/login/oauth/authorize";
const ACCESS_TOKEN = "/login/oauth/access_token";
const brand: Brand = { company: COMPANY, name: "GitHub", asks: "Holdfast wants to know who you are" };
const client: ClientStyle = {
  company: COMPANY,
  id: ["Ov23sandbox-", ""],
  secretPrefix: "sandbox-github-",
  callbackPath: "/api/auth/oauth/github/callback",
};
const DOCS =
  "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#";

const ROUTES: Readonly<Record<string, (exchange: Exchange) => void>> = {
  [`GET ${AUTHORIZE}`]: showConsent,
  [`POST ${AUTHORIZE}`]: showConsent,
  [`POST ${ACCESS_TOKEN}`]: giveToken,
  "GET /api/v3/user": showUser,
  "GET /api/v3/user/emails": listEmails,
};

function worldOf(headers: Exchange["headers"], asked: Asked): string | null {
  if (asked.path.startsWith("/api/v3/")) return worldOfToken(headers);
  return worldOfClient(client, idIn(headers, asked));
}

function unauthorized(
  res: ServerResponse,
  _headers: Exchange["headers"],
  { method, path, rawBody }: Asked,
): void {
  if (path === AUTHORIZE && method === "GET")
    return sendPage(
      res,
      404,
      messagePage(brand, "Not found", "There is no application with this client_id."),
    );
  if (path === ACCESS_TOKEN && rawBody.length > 0) return refuse(res, "incorrect_client_credentials");
  sendJson(res, 401, {
    message: "Bad credentials",
    documentation_url: "https://docs.github.com/rest",
    status: "401",
  });
}

function error(res: ServerResponse, status: number, kind: ErrorKind): void {
  const messages: Partial<Record<ErrorKind, string>> = {
    rate_limit: "API rate limit exceeded",
    not_implemented: "sandbox_not_implemented",
  };
  const code = kind === "not_implemented" ? 501 : status;
  sendJson(res, code, { message: messages[kind] ?? "Server Error", status: String(code) });
}

const REFUSALS = {
  incorrect_client_credentials: "The client_id and/or client_secret passed are incorrect.",
  redirect_uri_mismatch: "The redirect_uri MUST match the registered callback URL for this application.",
  bad_verification_code: "The code passed is incorrect or expired.",
};

function refuse(res: ServerResponse, code: keyof typeof REFUSALS): void {
  const anchor = code.replaceAll("_", "-");
  sendJson(res, 200, { error: code, error_description: REFUSALS[code], error_uri: DOCS + anchor });
}

function showConsent(exchange: Exchange): void {
  authorize(exchange, {
    style: client,
    brand,
    path: `/${COMPANY}${AUTHORIZE}`,
    mismatch: "The redirect_uri MUST match the registered callback URL for this application.",
    refusal: () => null,
    newCode: (world) => world.random("github:code").id(20).toLowerCase(),
  });
}

function giveToken({ world, headers, rawBody, res, fault }: Exchange): void {
  const fields = fieldsOf(headers, rawBody);
  if (!isClient(client, world, presentedClient(headers, fields)))
    return refuse(res, "incorrect_client_credentials");
  const code = fields["code"] ?? "";
  const grant = spendCode(world, COMPANY, code);
  if (grant === null || fault !== null || !provesChallenge(grant.challenge, fields["code_verifier"]))
    return refuse(res, "bad_verification_code");
  const redirect = fields["redirect_uri"];
  if (redirect !== undefined && redirect !== grant.redirectUri) return refuse(res, "redirect_uri_mismatch");
  const token = `gho_${world.name}_${world.random("github:token").id(36)}`;
  insertToken(world, { company: COMPANY, token, code, grant });
  const body = { access_token: token, scope: grant.scope.replaceAll(" ", ","), token_type: "bearer" };
  if ((headers.accept ?? "").includes("json")) return sendJson(res, 200, body);
  res.writeHead(200, { "content-type": "application/x-www-form-urlencoded; charset=utf-8" });
  res.end(new URLSearchParams(body).toString());
}

export const github: Company = {
  name: COMPANY,
  faults: ["expired_code", "replayed_code"],
  worldOf,
  unauthorized,
  error,
  handle(exchange) {
    const route = ROUTES[`${exchange.method} ${exchange.path}`];
    if (route === undefined) error(exchange.res, 501, "not_implemented");
    else route(exchange);
    return Promise.resolve();
  },
  credentials: (world: World) => ({
    client_id: clientId(client, world),
    client_secret: clientSecret(client, world),
    login_url: `${world.baseUrl}/${COMPANY}`,
    api_url: `${world.baseUrl}/${COMPANY}/api/v3`,
  }),
  welcome: openGrants,
  page: ({ path, res }) => Promise.resolve(serveStyle(path, res)),
  control: (request) => Promise.resolve(takeRedirects(COMPANY, request)),
  objects: (world, limit) =>
    listSignIns(world, COMPANY, limit).map(({ grant, createdMs, revoked }) => ({
      kind: "sign-in",
      id: grant.person.key,
      created: Math.floor(createdMs / 1000),
      state: revoked ? "revoked" : "granted",
      text: `${grant.person.name}, ${grant.scope}`,
      body: grant.person,
    })),
  coverage: () => ({
    basis: "official",
    operations: { built: Object.keys(ROUTES).toSorted(), of: null },
    events: { built: [], of: 0 },
  }),
};

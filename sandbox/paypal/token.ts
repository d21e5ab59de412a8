/** Client credentials and access tokens. A token names its world and the second of world time at which it ends. */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Asked, Exchange, World } from "../core/company.ts";
import { newId } from "./books.ts";
import { writeJson } from "./errors.ts";

/** Nine hours. */
const LIFE_S = 32_400;
const TOKEN_PATH = "/v1/oauth2/token";
const REST = "sandbox".padEnd(24, "0");
const ID = /^AX_sandbox_([a-z0-9-]{1,40})_[A-Za-z0-9]{4,200}$/;
const SECRET = /^EX_sandbox_([a-z0-9-]{1,40})_[A-Za-z0-9]{4,200}$/;
const TOKEN = /^A21AA_([a-z0-9-]{1,40})_([0-9]{1,12})_[A-Z0-9]{4,200}$/;

export const clientOf = ({ name }: World): { client_id: string; client_secret: string } => ({
  client_id: `AX_sandbox_${name}_${REST}`,
  client_secret: `EX_sandbox_${name}_${REST}`,
});

function basic(value: string): string | null {
  const [id = "", secret = ""] = Buffer.from(value, "base64").toString().split(":");
  const world = ID.exec(id)?.[1];
  return world !== undefined && SECRET.exec(secret)?.[1] === world ? world : null;
}

/** The world of a token, or of the client that asks for one; PayPal takes the client itself for other calls too. */
export function worldOf({ authorization = "" }: IncomingHttpHeaders, { path }: Asked): string | null {
  const [scheme = "", value = ""] = authorization.split(" ", 2);
  if (authorization.includes("invalid")) return null;
  if (/^basic$/i.test(scheme)) return basic(value);
  if (!/^bearer$/i.test(scheme) || path === TOKEN_PATH) return null;
  return TOKEN.exec(value)?.[1] ?? null;
}

export function unauthorized(res: ServerResponse, _headers: IncomingHttpHeaders, { path }: Asked): void {
  const debugId = "sandbox0000401";
  if (path === TOKEN_PATH) {
    const body = { error: "invalid_client", error_description: "Client Authentication failed" };
    return writeJson(res, 401, body, debugId);
  }
  const message =
    "Authentication failed due to missing authorization header, or invalid authentication credentials.";
  writeJson(res, 401, { name: "AUTHENTICATION_FAILURE", message, debug_id: debugId, links: [] }, debugId);
}

export const isExpired = (world: World, { authorization = "" }: IncomingHttpHeaders): boolean => {
  const ends = TOKEN.exec(authorization.split(" ", 2)[1] ?? "")?.[2];
  return ends !== undefined && Number(ends) <= world.clock.seconds();
};

/** Answers a request for a token: true when it was one. */
export function serveToken({ method, path, world, rawBody, res }: Exchange, debugId: string): boolean {
  if (path !== TOKEN_PATH || method !== "POST") return false;
  const grant = new URLSearchParams(rawBody.toString()).get("grant_type");
  if (grant !== "client_credentials") {
    const body =
      grant === null
        ? { error: "invalid_request", error_description: "Required param missing: grant_type" }
        : { error: "unsupported_grant_type", error_description: "Grant Type is NULL or unsupported" };
    writeJson(res, 400, body, debugId);
    return true;
  }
  const now = world.clock.now();
  const answer = {
    scope:
      "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/applications/webhooks https://uri.paypal.com/services/reporting/search/read https://uri.paypal.com/services/subscriptions https://uri.paypal.com/services/disputes/read-seller https://uri.paypal.com/services/vault/payment-tokens/readwrite",
    access_token: `A21AA_${world.name}_${Math.floor(now / 1000) + LIFE_S}_${newId(world, "token", 24)}`,
    token_type: "Bearer",
    app_id: "APP-80W284485P519543T",
    expires_in: LIFE_S,
    nonce: `${new Date(now).toISOString().slice(0, 19)}Z${newId(world, "nonce", 20)}`,
  };
  writeJson(res, 200, answer, debugId);
  return true;
}

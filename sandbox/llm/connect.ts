/**
 * A key by browser, as OpenRouter gives it: a page on which somebody agrees, and the exchange of its code (PKCE). Who agrees
 * has an account there: the world that `account` names.
 */
import { hash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { PageRequest, World } from "../core/company.ts";
import { fieldsOf, provesChallenge } from "../sign-in/client.ts";
import { insertCode, openGrants, spendCode } from "../sign-in/grants.ts";
import { consentPage, messagePage, sendPage, serveStyle, type Brand } from "../sign-in/page.ts";
import { countVisit, personOf } from "../sign-in/people.ts";
import { refuse, sendRefusal } from "./answers/errors.ts";

const COMPANY = "openrouter";
const PAGE = "/auth";
const EXCHANGE = "/api/v1/auth/keys";
export const CONNECT_OPERATION = `POST ${EXCHANGE}`;
const brand: Brand = { company: COMPANY, name: "OpenRouter", asks: "Holdfast wants a key of your account" };
const CODE = /^auth_code_([a-z0-9-]{1,40})_[0-9A-Za-z]{20}$/;

/** True when the request was one of these. */
export function connect(request: PageRequest): boolean {
  const { method, path, res } = request;
  if (serveStyle(path, res)) return true;
  if (path === PAGE) showPage(request);
  else if (method === "POST" && path === EXCHANGE) exchange(request);
  else return false;
  return true;
}

function showPage({ method, query, rawBody, worlds, res }: PageRequest): void {
  const world = worlds.find(query.get("account") ?? "default");
  const callback = addressOf(query.get("callback_url"));
  const challenge = query.get("code_challenge");
  if (world === null || callback === null)
    return sendPage(
      res,
      400,
      messagePage(brand, "This request is not valid", "No such callback or account."),
    );
  if (challenge !== null && query.get("code_challenge_method") !== "S256")
    return sendPage(
      res,
      400,
      messagePage(brand, "This request is not valid", "The challenge must be S256 here."),
    );
  const action = `/${COMPANY}${PAGE}?${query}`;
  if (method !== "POST") return sendPage(res, 200, consentPage(brand, action));
  openGrants(world);
  const form = new URLSearchParams(rawBody.toString());
  const named = (visits: number) => personOf(form.get("person") ?? "", form.get("email") ?? "", visits);
  const key = named(1)?.key;
  const person = key === undefined ? null : named(countVisit(world, COMPANY, key));
  if (person === null) return sendPage(res, 422, consentPage(brand, action, "That is no e-mail address."));
  if (person.denies)
    return sendPage(res, 200, messagePage(brand, "Not connected", "Nothing was given to Holdfast."));
  const code = `auth_code_${world.name}_${world.random("openrouter:code").id(20)}`;
  insertCode(world, COMPANY, code, {
    person,
    clientId: "",
    redirectUri: callback.href,
    scope: "",
    nonce: null,
    challenge,
  });
  callback.searchParams.set("code", code);
  res.writeHead(302, { location: callback.href, "cache-control": "no-store" }).end();
}

function addressOf(text: string | null): URL | null {
  const url = text !== null && URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}

function exchange({ headers, rawBody, worlds, res }: PageRequest): void {
  const fields = fieldsOf(headers, rawBody);
  const code = fields["code"];
  if (code === undefined) return sendRefusal(res, refuse(400, "Missing required parameter: code").refusal);
  const world = worlds.find(CODE.exec(code)?.[1] ?? "");
  const grant = world === null ? null : spent(world, code);
  if (world === null || grant === null || !provesChallenge(grant.challenge, fields["code_verifier"]))
    return sendRefusal(res, refuse(403, "Invalid code or code_verifier").refusal);
  sendKey(res, { key: keyOf(world, code), user_id: `user_${hash("sha256", grant.person.key).slice(0, 27)}` });
}

function spent(world: World, code: string) {
  openGrants(world);
  return spendCode(world, COMPANY, code);
}

function sendKey(res: ServerResponse, body: { key: string; user_id: string }): void {
  res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const keyOf = (world: World, code: string): string =>
  `sk-or-v1-${world.name}-${hash("sha256", `${code}\n${world.seed}`).slice(0, 32)}`;

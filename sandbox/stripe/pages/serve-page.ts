import { readFileSync } from "node:fs";
import type { PageRequest } from "../../core/company.ts";
import { findObject } from "../books.ts";
import type { Charge } from "../payments/charges.ts";
import { html, worldWith } from "./answer.ts";
import { messagePage, receiptPage } from "./checkout-page.ts";
import { serveAuthentication } from "./serve-authentication.ts";
import { serveChallenge, serveCheckout, servePromotion } from "./serve-checkout.ts";
import { servePortal } from "./serve-portal.ts";
import { serveInvoice } from "./serve-invoice.ts";

const ASSETS: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/assets/checkout.css": ["checkout.css", "text/css; charset=utf-8"],
  "/assets/checkout.js": ["checkout.js", "text/javascript; charset=utf-8"],
};
const loaded = new Map<string, string>();

/** The pages for buyers. Ids are unguessable, so they name the world as well. */
export async function servePage(page: PageRequest): Promise<boolean> {
  const { path, method, res } = page;
  const asset = ASSETS[path];
  if (asset !== undefined) {
    let text = loaded.get(path);
    if (text === undefined)
      loaded.set(path, (text = readFileSync(new URL(asset[0], import.meta.url), "utf8")));
    res.writeHead(200, { "content-type": asset[1], "cache-control": "no-cache" }).end(text);
    return true;
  }
  const [, kind, id, act] =
    /^\/(checkout|authenticate|receipts|invoices|portal)\/([A-Za-z0-9_]{1,120})(\/[a-z]{1,20})?$/.exec(
      path,
    ) ?? [];
  if (kind === undefined || id === undefined) return false;
  if (method !== "GET" && method !== "POST") {
    res.writeHead(405, { allow: "GET, POST" }).end();
    return true;
  }
  if (kind === "receipts") serveReceipt(page, id);
  else if (kind === "invoices") serveInvoice(page, id, act ?? "");
  else if (kind === "portal") servePortal(page, id, (act ?? "").slice(1));
  else if (kind === "authenticate") serveAuthentication(page, id);
  else if (act === "/authenticate") serveChallenge(page, id);
  else if (act === "/promotion") servePromotion(page, id);
  else serveCheckout(page, id);
  return true;
}

function serveReceipt(page: PageRequest, id: string): void {
  const world = worldWith(page, "charge", id);
  const charge = world === null ? null : findObject<Charge>(world, "charge", id);
  if (charge === null)
    return html(page.res, 404, messagePage("There is no such receipt", "Check the address."));
  html(page.res, 200, receiptPage(charge));
}

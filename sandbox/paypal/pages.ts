import { readFileSync } from "node:fs";
import type { PageRequest } from "../core/company.ts";
import { findAgreement, isAgreementPage, type Agreement } from "./agreements.ts";
import { approvalPage, returningPage } from "./approval-page.ts";
import { behaviourOf, readBuyer } from "./buyers.ts";
import { html, json, messagePage, redirect, wantsJson } from "./layout.ts";
import { CERTIFICATE_PATH } from "./webhooks/certificate.ts";
import { serveCertificate } from "./webhooks/certificate-page.ts";

const STYLE = "/assets/approve.css";
let style: string | null = null;

/** The pages for buyers, and the certificates. */
export async function servePage(page: PageRequest): Promise<boolean> {
  const { path, method, res } = page;
  if (path === STYLE) {
    style ??= readFileSync(new URL("assets/approve.css", import.meta.url), "utf8");
    res.writeHead(200, { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" }).end(style);
    return true;
  }
  if (path.startsWith(CERTIFICATE_PATH)) {
    await serveCertificate(page);
    return true;
  }
  if (!isAgreementPage(path)) return false;
  if (method !== "GET" && method !== "POST") res.writeHead(405, { allow: "GET, POST" }).end();
  else agree(page);
  return true;
}

function agree(page: PageRequest): void {
  const found = findAgreement(page);
  if (found === null)
    return html(
      null,
      page.res,
      404,
      messagePage("There is nothing to approve here", "Check the address, or start again in the shop."),
    );
  if (found.isOver) return tooLate(page, found);
  if (!found.isAsking) return back(page, found);
  if (page.method === "GET") return ask(page, found, null);
  const form = new URLSearchParams(page.rawBody.toString());
  if (form.get("act") === "cancel") return cancel(page, found);
  const email = readBuyer(form.get("buyer") ?? "");
  if (email === null) return ask(page, found, "Enter a valid e-mail address.");
  if (behaviourOf(email) === "cancel") return cancel(page, found);
  found.world.store.atomic(() => found.approve(email));
  back(page, found);
}

function tooLate(page: PageRequest, { world, returnUrl }: Agreement): void {
  if (wantsJson(page))
    return json(world, page.res, 410, { status: "EXPIRED", redirect_url: null, error: null });
  const text = "Nothing has been paid. Start again in the shop.";
  html(world, page.res, 410, messagePage("This request is over", text, returnUrl(false)));
}

function ask(page: PageRequest, found: Agreement, error: string | null): void {
  const status = error === null ? 200 : 400;
  const { world } = found;
  if (wantsJson(page))
    return json(world, page.res, status, { status: found.status(), redirect_url: null, error });
  html(world, page.res, status, approvalPage({ ...found, error }));
}

function cancel(page: PageRequest, { world, status, returnUrl }: Agreement): void {
  const to = returnUrl(false);
  if (wantsJson(page)) return json(world, page.res, 200, { status: status(), redirect_url: to, error: null });
  if (to !== null) return redirect(world, page.res, to);
  html(world, page.res, 200, messagePage("Cancelled", "Nothing has been paid. You may close this page."));
}

/** Back to the shop, a little after the event went out. */
function back(page: PageRequest, { world, status, returnUrl }: Agreement): void {
  const to = returnUrl(true);
  if (wantsJson(page)) return json(world, page.res, 200, { status: status(), redirect_url: to, error: null });
  if (to === null) return html(world, page.res, 200, messagePage("Approved", "You may close this page."));
  html(world, page.res, 200, returningPage(to));
}
